/** The committed JSON is what the sources give, byte for byte. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { DASHBOARD_FILES, render } from '../src/files.ts';

void describe('committed dashboards', () => {
  for (const file of DASHBOARD_FILES) {
    void it(file.path, () => {
      assert.ok(
        readFileSync(file.path, 'utf8') === render(file.build()),
        'differs from its source: run `npm run build` and commit the result',
      );
    });
  }

  void it('are all generated', () => {
    const folders = new Set(DASHBOARD_FILES.map((file) => dirname(file.path)));
    const found = [...folders].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
    assert.deepEqual(found.sort(), DASHBOARD_FILES.map((file) => file.path).sort());
  });
});

/**
 * The committed JSON against two descriptions of Grafana's model, because each misses what the other finds:
 * the TypeScript types of @grafana/schema find wrong types, the Python SDK's round trip finds unknown keys.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { DASHBOARD_FILES } from '../src/files.ts';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, '..');

interface Failure {
  readonly stdout: string;
  readonly stderr: string;
}

/** Fails with what the program printed. */
async function mustSucceed(program: string, args: readonly string[]): Promise<void> {
  try {
    await run(program, args, { cwd: SOURCE });
  } catch (error) {
    const { stdout, stderr } = error as Failure;
    assert.fail(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

/** Each dashboard as a literal that must satisfy the type, so that unknown keys count as errors too. */
function typedCopy(json: string): string {
  return `import type { Classic } from '../test/support/schema.ts';\nexport default ${json.trimEnd()} satisfies Classic;\n`;
}

void describe('Grafana’s model', () => {
  void it('agrees by the types of @grafana/schema', async () => {
    const build = join(SOURCE, 'build');
    mkdirSync(build, { recursive: true });
    DASHBOARD_FILES.forEach((file, index) => {
      writeFileSync(join(build, `dashboard${index}.ts`), typedCopy(readFileSync(file.path, 'utf8')));
    });
    writeFileSync(
      join(build, 'tsconfig.json'),
      JSON.stringify({ extends: '../tsconfig.json', include: ['*.ts'] }),
    );
    await mustSucceed(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'build/tsconfig.json']);
  });

  void it('survives the round trip through the Python SDK', async () => {
    const python = process.env.GRAADMETER_DASHBOARDS_PYTHON;
    assert.ok(
      python,
      'GRAADMETER_DASHBOARDS_PYTHON must name a Python with grafana-foundation-sdk; dashboards/test sets it',
    );
    await mustSucceed(python, ['test/support/round_trip.py', ...DASHBOARD_FILES.map((file) => file.path)]);
  });
});

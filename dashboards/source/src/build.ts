/** Writes the dashboards as the JSON files that Grafana is provisioned with. */
import { writeFileSync } from 'node:fs';
import { DASHBOARD_FILES, render } from './files.ts';

for (const file of DASHBOARD_FILES) {
  writeFileSync(file.path, render(file.build()));
  console.log(`wrote ${file.path}`);
}

/** How fast the shop is for its visitors: the page to open first. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './layout.ts';
import { slowestPages } from './rows/pages.ts';
import { probes } from './rows/probes.ts';
import { dataQuality } from './rows/quality.ts';
import { traffic } from './rows/traffic.ts';
import { vitalsByGroup, vitalsNow, vitalsOverTime } from './rows/vitals.ts';
import { leastViews, visitorVariables } from './variables.ts';

export function overview(): Dashboard {
  return dashboard({
    uid: 'graadmeter-overview',
    title: 'Graadmeter / Overview',
    description: 'How fast the shop is for its visitors, on every device, channel and country.',
    variables: [...visitorVariables(), leastViews()],
    sections: [
      vitalsNow(),
      traffic(),
      vitalsOverTime(),
      vitalsByGroup(),
      slowestPages(),
      probes(),
      dataQuality(),
    ],
  });
}

/** What the speed of the landing has to do with buying. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './layout.ts';
import { conversionByGroup, curves, curvesByDevice, loadCurve } from './rows/curve.ts';
import { salesOverTime, salesTotals } from './rows/sales.ts';
import { visitorVariables } from './variables.ts';

export function conversion(): Dashboard {
  return dashboard({
    uid: 'graadmeter-conversion',
    title: 'Graadmeter / Conversion',
    description: 'Sessions, conversions and their value, and how they go with the speed of the landing.',
    variables: visitorVariables(),
    sections: [salesTotals(), curves(), conversionByGroup(), curvesByDevice(), salesOverTime(), loadCurve()],
  });
}

// What only some shops use, fetched by the script when its tag has `data-auto`: purchases that the page tells of anyway, and
// moments that it chose.
//
//   <script async src="https://collector.example/beacon.js" data-site="shop" data-auto="ga4 marks" data-marks="hero, search"></script>

import { watchDataLayer } from './more/data_layer.ts';
import { namesIn, watchMarks } from './more/marks.ts';
import { readMarkup } from './more/markup.ts';

export { readMarkup, watchDataLayer, watchMarks };

const { auto, marks } = document.querySelector<HTMLElement>('script[data-auto]')?.dataset ?? {};

if (auto !== undefined) {
  const asked = (kind: string): boolean => !auto || auto.includes(kind);
  if (asked('ga4')) watchDataLayer();
  if (asked('schema')) readMarkup();
  if (marks && asked('marks')) watchMarks(namesIn(marks));
}

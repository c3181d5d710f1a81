// The script that a page embeds: reads its tag and begins.
//
//   <script async src="https://collector.example/beacon.js" data-site="shop"></script>

import { begin } from './begin.ts';
import { guard } from './guard.ts';
import { whenVisited } from './lifecycle.ts';

guard(() => {
  // A module can't ask which tag it is.
  const tag = (document.currentScript ?? document.querySelector('script[data-site]')) as HTMLScriptElement;
  whenVisited(() => {
    begin(tag);
  });
})();

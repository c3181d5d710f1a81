// Largest Contentful Paint: the last of the candidates that the browser reports (Largest Contentful Paint API).
//
// Quirks: the browser itself stops at the first input or scroll, by the specification's "report largest
// contentful paint", but not when the page is hidden. `startTime` is the render time, or the load time
// where a foreign image keeps its render time to itself.

import type { View } from '../view.ts';
import { paint } from './paint.ts';

export const lcp = (view: View): (() => number | undefined) => paint(view, 'largest-contentful-paint');

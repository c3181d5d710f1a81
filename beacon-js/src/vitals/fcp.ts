// First Contentful Paint: the first text or image (Paint Timing).
//
// Quirk: "first-paint" is of the same type, and may be no more than a background colour.

import type { View } from '../view.ts';
import { paint } from './paint.ts';

export const fcp = (view: View): (() => number | undefined) => paint(view, 'paint', 'first-contentful-paint');

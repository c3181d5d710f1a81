/** Which file holds which dashboard, and the one way in which it is written. */
import { join } from 'node:path';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { conversion } from './conversion.ts';
import { overview } from './overview.ts';

/** The folder `dashboards/`. */
export const ROOT = join(import.meta.dirname, '..', '..');

export interface DashboardFile {
  readonly path: string;
  readonly build: () => Dashboard;
}

export const DASHBOARD_FILES: readonly DashboardFile[] = [
  { path: join(ROOT, 'grafana/dashboards/overview.json'), build: overview },
  { path: join(ROOT, 'grafana/dashboards/conversion.json'), build: conversion },
];

/** Two spaces and a final newline: the same dashboard always gives the same bytes. */
export function render(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

/** Puts values into Grafana's `$name` and `${name}`, as Grafana does before it asks Prometheus. */

export type Values = Readonly<Record<string, string>>;

/** What Grafana sends when every variable stands on "All" or its first choice. */
export const EVERYTHING: Values = {
  job: '.+',
  instance: '.+',
  site: '.+',
  device: '.+',
  channel: '.+',
  country: '.+',
  by: 'device',
  least_views: '20',
};

/** A dashboard over `rangeSeconds`, on a Prometheus that scrapes every `scrapeSeconds`. */
export function timing(rangeSeconds: number, scrapeSeconds: number): Values {
  return { __range: `${rangeSeconds}s`, __rate_interval: `${4 * scrapeSeconds}s` };
}

export function substitute(expr: string, values: Values): string {
  return expr.replace(/\$\{(\w+)\}|\$(\w+)/g, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    // $1 is a group of label_replace.
    if (/^\d+$/.test(name)) return whole;
    const value = values[name];
    if (value === undefined) throw new Error(`no value for $${name} in ${expr}`);
    return value;
  });
}

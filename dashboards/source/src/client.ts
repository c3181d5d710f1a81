/** The few calls of Prometheus's HTTP API that queries are tried with. */

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** One value for an instant query, one for each step for a range query. */
  readonly values: readonly number[];
}

export interface Span {
  /** Unix seconds. */
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

interface Answer<T> {
  readonly status: 'success' | 'error';
  readonly error?: string;
  readonly data: T;
}

interface RawResult {
  readonly resultType: 'vector' | 'matrix' | 'scalar' | 'string';
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value?: readonly [number, string];
    readonly values?: readonly (readonly [number, string])[];
  }[];
}

/** Prometheus writes +Inf, -Inf and NaN where JSON has no number. */
function number(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

export class Client {
  constructor(readonly url: string) {}

  private async ask<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
    const body = new URLSearchParams(parameters);
    const answer = (await (await fetch(`${this.url}${path}`, { method: 'POST', body })).json()) as Answer<T>;
    if (answer.status !== 'success') throw new Error(answer.error ?? 'Prometheus gave no reason');
    return answer.data;
  }

  async instant(query: string, time: number): Promise<Series[]> {
    const data = await this.ask<RawResult>('/api/v1/query', { query, time: String(time) });
    if (data.resultType !== 'vector') throw new Error(`a ${data.resultType}, not a vector: ${query}`);
    return data.result.map(({ metric, value }) => ({ labels: metric, values: [number(value?.[1] ?? '')] }));
  }

  async range(query: string, span: Span): Promise<Series[]> {
    const data = await this.ask<RawResult>('/api/v1/query_range', {
      query,
      start: String(span.start),
      end: String(span.end),
      step: String(span.step),
    });
    return data.result.map(({ metric, values }) => ({
      labels: metric,
      values: (values ?? []).map(([, value]) => number(value)),
    }));
  }

  /** The values of a label on the series that a selector matches. */
  async labelValues(label: string, selector: string, span: Span): Promise<string[]> {
    const parameters = new URLSearchParams({
      'match[]': selector,
      start: String(span.start),
      end: String(span.end),
    });
    const answer = (await (
      await fetch(`${this.url}/api/v1/label/${label}/values?${parameters.toString()}`)
    ).json()) as Answer<string[]>;
    if (answer.status !== 'success') throw new Error(answer.error ?? 'Prometheus gave no reason');
    return answer.data;
  }

  async ready(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/-/ready`)).ok;
    } catch {
      return false;
    }
  }
}

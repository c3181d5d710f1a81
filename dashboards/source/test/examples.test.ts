/** The example configurations agree with one another: programs check each file alone, this checks the seams. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { DASHBOARD_FILES, ROOT } from '../src/files.ts';
import { RULE_FILES } from '../src/queries.ts';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Files {
  readonly prometheus: {
    readonly global: { readonly scrape_interval: string };
    readonly scrape_configs: readonly {
      readonly job_name: string;
      readonly static_configs: readonly { readonly targets: readonly string[] }[];
    }[];
  };
  readonly datasources: {
    readonly apiVersion: number;
    readonly datasources: readonly {
      readonly uid: string;
      readonly type: string;
      readonly jsonData: { readonly timeInterval: string };
    }[];
  };
  readonly providers: {
    readonly apiVersion: number;
    readonly providers: readonly {
      readonly type: string;
      readonly allowUiUpdates: boolean;
      readonly options: { readonly path: string };
    }[];
  };
  readonly alertmanager: {
    readonly inhibit_rules: readonly {
      readonly source_matchers: readonly string[];
      readonly target_matchers: readonly string[];
    }[];
  };
}

function read(file: string): unknown {
  return parse(readFileSync(join(ROOT, file), 'utf8'));
}

function rules(): Rule[] {
  return RULE_FILES.flatMap((file) => {
    const { groups } = read(file) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[];
    };
    return groups.flatMap((group) => group.rules);
  });
}

const ALERTS = rules().filter((rule) => rule.alert !== undefined);

void describe('alerts', () => {
  void it('are three', () => {
    assert.deepEqual(ALERTS.map((rule) => rule.alert).sort(), [
      'GraadmeterNoBeacons',
      'GraadmeterProbeFailing',
      'GraadmeterSlowPages',
    ]);
  });

  const titles = DASHBOARD_FILES.map((file) => file.build()).flatMap((dashboard) => [
    dashboard.title,
    ...(dashboard.panels ?? []).map((panel) => panel.title),
  ]);
  for (const { alert, labels, annotations } of ALERTS) {
    void it(`${alert ?? ''} says how urgent it is and what to do`, () => {
      assert.ok(['critical', 'warning'].includes(labels?.severity ?? ''));
      assert.ok(annotations?.summary && annotations.description);
      for (const [, named] of annotations.description.matchAll(/(?:dashboard|row) "([^"]+)"/g)) {
        assert.ok(titles.includes(named), `there is no dashboard or row "${named ?? ''}"`);
      }
    });

    void it(`${alert ?? ''} reaches the receiver of its severity`, () => {
      const severity = labels?.severity ?? '';
      const receiver = execFileSync(
        'amtool',
        [
          'config',
          'routes',
          'test',
          `--config.file=${join(ROOT, 'alertmanager/alertmanager.yml')}`,
          `alertname=${alert ?? ''}`,
          `severity=${severity}`,
          'site=shop',
        ],
        { encoding: 'utf8' },
      ).trim();
      assert.equal(receiver, severity === 'critical' ? 'on-call' : 'webshop-mail');
    });
  }

  void it('are the ones that Alertmanager’s inhibitions name', () => {
    for (const rule of (read('alertmanager/alertmanager.yml') as Files['alertmanager']).inhibit_rules) {
      for (const matcher of [...rule.source_matchers, ...rule.target_matchers]) {
        const [, named] = /^alertname = "(\w+)"$/.exec(matcher) ?? [];
        assert.ok(
          ALERTS.some((alert) => alert.alert === named),
          matcher,
        );
      }
    }
  });
});

void describe('recording rules', () => {
  void it('are named level:metric:operations', () => {
    for (const { record } of rules()) {
      if (record !== undefined) assert.match(record, /^[a-z_]+:[a-z0-9_]+:[a-z0-9_]+$/);
    }
  });
});

void describe('provisioning', () => {
  const prometheus = read('prometheus/prometheus.yml') as Files['prometheus'];

  void it('tells Grafana the scrape interval that Prometheus has', () => {
    const { apiVersion, datasources } = read(
      'grafana/provisioning/datasources/prometheus.yaml',
    ) as Files['datasources'];
    assert.equal(apiVersion, 1);
    const [source, ...others] = datasources;
    assert.deepEqual(others, []);
    assert.equal(source?.type, 'prometheus');
    assert.equal(source.jsonData.timeInterval, prometheus.global.scrape_interval);
  });

  void it('loads the dashboards from an absolute folder and keeps them as they are', () => {
    const { apiVersion, providers } = read(
      'grafana/provisioning/dashboards/graadmeter.yaml',
    ) as Files['providers'];
    assert.equal(apiVersion, 1);
    const [provider, ...others] = providers;
    assert.deepEqual(others, []);
    assert.equal(provider?.type, 'file');
    assert.equal(provider.allowUiUpdates, false);
    assert.match(provider.options.path, /^\//);
  });

  void it('scrapes collector and probe where they listen by default', () => {
    const targets = prometheus.scrape_configs.map((job) => [
      job.job_name,
      ...job.static_configs.flatMap((one) => one.targets),
    ]);
    assert.deepEqual(targets, [
      ['graadmeter-collector', '127.0.0.1:8788'],
      ['graadmeter-probe', '127.0.0.1:8789'],
    ]);
  });
});

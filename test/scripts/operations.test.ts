// The dashboard and the alert rules use only metrics, labels and values that the server has.
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readMetrics, type Exposition } from '../shared/exposition.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { mistakesIn } from './promql.ts';

const folder = join(import.meta.dirname, '..', '..', 'scripts', 'operations');

interface Alerts {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}
interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly w: number };
    readonly targets?: readonly { readonly expr: string; readonly refId: string; readonly legendFormat: string }[];
  }[];
}

const { groups } = parse(readFileSync(join(folder, 'alerts.yaml'), 'utf8')) as Alerts;
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8')) as Dashboard;
const targets = dashboard.panels.flatMap(({ title, targets: each = [] }) =>
  each.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);

let server: TestServer;
let metrics: Exposition;
beforeAll(async () => {
  server = await startServer({ admin: true });
  await server.issue('xerial');
  metrics = await readMetrics(await server.adminOrigin());
});
afterAll(() => server.stop());

describe('an alert', () => {
  test.each(rules)('the alert $alert uses existing metrics', ({ expr }) => {
    expect(mistakesIn(expr, metrics)).toEqual([]);
  });

  test.each(rules)(
    'the alert $alert describes what happened and what to do',
    ({ alert, labels, annotations, ...rule }) => {
      expect(alert).toMatch(/^Refract[A-Z]\w+$/);
      expect(labels.severity).toMatch(/^(page|ticket)$/);
      expect(rule.for ?? '1m').toMatch(/^\d+[smh]$/);
      expect(annotations.description).toMatch(/\.$/);
      for (const [, label] of `${annotations.summary}${annotations.description}`.matchAll(
        /\{\{ \$labels\.(\w+) \}\}/g,
      )) {
        expect(rule.expr).toMatch(new RegExp(`by \\([^)]*\\b${String(label)}\\b`));
      }
    },
  );

  test('an alert exists for each condition that an operator must know', () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        'RefractReuseSpike',
        'RefractStoreUnavailable',
        'RefractRepeatStorm',
        'RefractNotReady',
        'RefractAuditEventsLost',
      ]),
    );
  });
});

describe('the dashboard', () => {
  test.each(targets)('the dashboard panel $title uses existing metrics: $expr', ({ expr, legendFormat }) => {
    expect(mistakesIn(expr, metrics)).toEqual([]);
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      expect(`${expr} instance`, 'the label in the legend').toContain(String(label));
    }
  });

  test('the dashboard has each panel once, on its grid, and shows all our metrics', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    const expressions = targets.map(({ expr }) => expr).join(' ');
    const own = [...metrics.types.keys()].filter((name) => name.startsWith('refract_'));
    expect(own.filter((name) => !expressions.includes(name))).toEqual([]);
  });

  test('the dashboard uses only variables that it defines', () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    const used = [...JSON.stringify(dashboard.panels).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name);
    expect(new Set(used.filter((name) => !name?.startsWith('__')))).toEqual(new Set(names));
    for (const { query } of dashboard.templating.list) {
      const [, metric, label] = /label_values\((\w+), (\w+)\)/.exec(JSON.stringify(query)) ?? [];
      if (metric !== undefined) expect(mistakesIn(`sum by (${String(label)}) (${metric})`, metrics)).toEqual([]);
    }
  });
});

describe('an invalid expression is reported', () => {
  test.for<[string, string]>([
    ['rate(refract_refreshs_total[5m])', 'there is no metric refract_refreshs_total'],
    ['rat(refract_refreshes_total[5m])', 'there is no function rat'],
    ['refract_refreshes_total{result="x"}', 'refract_refreshes_total has no label result'],
    ['refract_refreshes_total{outcome="given"}', 'refract_refreshes_total is never outcome="given"'],
    ['sum by (flavour) (refract_ready)', 'no metric has the label flavour'],
    ['sum(rate(refract_refreshes_total[5m])', 'the brackets do not fit: sum(rate(refract_refreshes_total[5m])'],
    ['refract_refreshes_total{outcome=granted}', 'the labels of refract_refreshes_total cannot be read'],
    ['refract_ready ? 1', 'cannot be read: refract_ready ? 1'],
  ])('an invalid PromQL expression is reported: %s', ([expression, mistake]) => {
    expect(mistakesIn(expression, metrics)).toEqual([mistake]);
  });
});

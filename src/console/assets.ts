// The files of ours that the pages load: styles, a script and the icon.
import type { Page } from '../http/types.ts';
import { drawings } from './browser/status-drawings.ts';
import { events } from './browser/status-events.ts';
import { figures } from './browser/status-figures.ts';
import { status } from './browser/status.ts';
import { swaggerPlugins } from './browser/swagger-plugins.ts';
import { tryIt } from './browser/try-it.ts';
import { icon } from './drawings.ts';
import { textHeaders } from './headers.ts';
import { paths } from './paths.ts';
import { answerStyles } from './styles/answers.ts';
import { factStyles } from './styles/facts.ts';
import { formStyles } from './styles/forms.ts';
import { frameStyles } from './styles/frame.ts';
import { groupStyles } from './styles/groups.ts';
import { referenceStyles } from './styles/reference.ts';
import { sessionStyles } from './styles/session.ts';
import { startStyles } from './styles/start.ts';
import { statusChartStyles } from './styles/status-chart.ts';
import { statusContractStyles } from './styles/status-contracts.ts';
import { statusEventStyles } from './styles/status-events.ts';
import { statusStyles } from './styles/status.ts';
import { swaggerStyles } from './styles/swagger.ts';
import { timelineStyles } from './styles/timeline.ts';

export const assets = {
  icon: asset('icon.svg', 'image/svg+xml', icon.text),
  startStyles: asset('start.css', 'text/css', frameStyles + factStyles + startStyles),
  referenceStyles: asset(
    'reference.css',
    'text/css',
    [frameStyles, factStyles, referenceStyles, swaggerStyles, formStyles, groupStyles, answerStyles].join(''),
  ),
  // The compiler and the linter see a function; the browser gets its text, from the clone as from what tsc builds.
  tryIt: asset('try-it.js', 'text/javascript', `(${String(tryIt)})((${String(swaggerPlugins)})());\n`),
  sessionStyles: asset('session.css', 'text/css', frameStyles + sessionStyles + timelineStyles),
  statusStyles: asset(
    'status.css',
    'text/css',
    [frameStyles, statusStyles, statusChartStyles, statusContractStyles, statusEventStyles].join(''),
  ),
  status: asset(
    'status.js',
    'text/javascript',
    `(${String(status)})((${String(drawings)})(), (${String(figures)})(), ${String(events)});
`,
  ),
} as const;

function asset(file: string, mediaType: string, text: string): Page {
  return { path: paths.asset(file), mediaType, headers: textHeaders, read: () => text };
}

// A rule may be disabled for a line with a reason: `eslint-disable-next-line rule -- reason`.

export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      unreasoned: 'Name the rule and give the reason: eslint-disable-next-line <rule> -- <reason>.',
      config: 'Rules are set in scripts/eslint.config.js.',
    },
  },
  create({ sourceCode, report }) {
    return {
      Program() {
        for (const { value, loc } of sourceCode.getAllComments()) {
          const text = value.trim();
          // Before the first column, so that the comment cannot disable this report.
          const at = { loc: { start: { line: loc.start.line, column: -1 }, end: loc.end } };
          if (/^eslint\s/.test(text)) report({ ...at, messageId: 'config' });
          if (/^eslint-disable/.test(text) && !/^eslint-disable\S*\s+(?!--)\S.*\s--\s+\S/s.test(text)) {
            report({ ...at, messageId: 'unreasoned' });
          }
        }
      },
    };
  },
};

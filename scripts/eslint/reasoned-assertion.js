// A type assertion (`x as T`) needs a comment above it or at the end of its line with the reason. `as const` and a final
// `as unknown` need none.

export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: { unexplained: 'Say in a comment on the line above, or at the end of the line, why this is a {{type}}.' },
  },
  create({ sourceCode, report }) {
    const comments = sourceCode.getAllComments().filter(explains);
    return {
      TSAsExpression(node) {
        const type = sourceCode.getText(node.typeAnnotation);
        // Of `x as unknown as T` only the whole is looked at.
        if (type === 'const' || type === 'unknown' || node.parent.type === 'TSAsExpression') return;
        const { start, end } = node.loc;
        const explained = comments.some(
          ({ loc }) =>
            loc.start.line === start.line || loc.start.line === end.line || isAbove(sourceCode, loc, start.line),
        );
        if (!explained) report({ node: node.typeAnnotation, messageId: 'unexplained', data: { type } });
      },
    };
  },
};

function explains(comment) {
  return /\w\s+\w/.test(comment.value) && !/^\s*(eslint|@ts-|prettier-)/.test(comment.value);
}

/** On the line before and alone there: what ends that line explains that line. */
function isAbove(sourceCode, loc, line) {
  const before = sourceCode.lines[loc.start.line - 1].slice(0, loc.start.column);
  return loc.end.line === line - 1 && before.trim() === '';
}

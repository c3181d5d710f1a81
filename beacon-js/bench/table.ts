// What a bench prints: a table, and whether its bars were reached.

/** Prints rows under their heads, as wide as they need; the first column is text, the others are figures. */
export const printTable = (heads: string[], rows: string[][]): void => {
  const widths = heads.map((head, i) =>
    Math.max(...[head, ...rows.map((row) => row[i] ?? '')].map((cell) => cell.length)),
  );
  const line = (cells: string[]): string =>
    cells
      .map((cell, i) => (i ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  console.log([line(heads), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n'));
};

/** Says whether a bar was reached; if not, the program ends with 1. */
export const judge = (bar: string, reached: boolean): void => {
  console.log(`${reached ? 'met' : 'MISSED'}: ${bar}`);
  if (!reached) process.exitCode = 1;
};

// Preloaded by tests: makes a command believe that its output is a terminal of 80 columns, without colours.
Object.defineProperties(process.stdout, {
  isTTY: { value: true },
  columns: { value: 80 },
  getColorDepth: { value: () => 1 },
});

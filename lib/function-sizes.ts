/** How long each function may run, and its memory, which also decides its share of a CPU. */
export const functionSizes = {
  authorizer: { timeoutSeconds: 5, memoryMb: 256 },
  ingest: { timeoutSeconds: 15, memoryMb: 512 },
  matcher: { timeoutSeconds: 30, memoryMb: 512 },
  dispatcher: { timeoutSeconds: 60, memoryMb: 512 },
  sweeper: { timeoutSeconds: 55, memoryMb: 256 },
  admin: { timeoutSeconds: 15, memoryMb: 512 },
  canary: { timeoutSeconds: 90, memoryMb: 256 },
} as const;

/** A function's name is its folder under lambdas/ and under the built functions. */
export type FunctionName = keyof typeof functionSizes;

import type * as z from 'zod';

/** Reads a function's environment once, at cold start; a missing variable stops the function with its name. */
export function readEnv<Env extends z.ZodType>(schema: Env): z.infer<Env> {
  const result = schema.safeParse(process.env);
  if (result.success) return result.data;
  const names = result.error.issues.map((issue) => issue.path.join('.'));
  throw new Error(`environment variables missing or wrong: ${[...new Set(names)].join(', ')}`);
}

/** The name that the running function is deployed under. */
export const functionName = process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'none';

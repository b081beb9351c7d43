/** `npm run openapi`: prints the API's description, as GET /v1/openapi.json answers it. */
import { openApiDocument } from '../core/api/openapi.ts';

process.stdout.write(`${JSON.stringify(openApiDocument(), null, 2)}\n`);

import { checkAnswer } from './answers.ts';

// Every answer of the API that an integration test sees must be one that the table of routes describes.
const realFetch = globalThis.fetch;

globalThis.fetch = async (...[input, init]: Parameters<typeof fetch>) => {
  const response = await realFetch(input, init);
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  if (pathname.startsWith('/v1/')) {
    const text = await response.clone().text();
    checkAnswer(init?.method ?? 'GET', decodeURIComponent(pathname), {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      body: text === '' ? undefined : JSON.parse(text),
    });
  }
  return response;
};

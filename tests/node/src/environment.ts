// What the Go test that runs these tests tells them. Nothing has a default: a
// test that ran against the wrong server would prove nothing.

function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with go test ./tests/node`);
  return value;
}

/** Base URL of the server under test. */
export const server = need("PARLEY_TEST_URL");

/** Base URL of the server that serves the pages and is allowed to call. */
export const allowedOrigin = () => need("PARLEY_TEST_ALLOWED_ORIGIN");

/** Base URL of one that serves the same pages and is not allowed to call. */
export const refusedOrigin = () => need("PARLEY_TEST_REFUSED_ORIGIN");

/** Path of a Chromium. */
export const chromium = () => need("PARLEY_TEST_CHROMIUM");

export const greeting = "Hello Server you there?";
export const answer = "Hello I am up and running. Received ‘Hello Server you there?’ message from you";

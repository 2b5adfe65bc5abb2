// A real Chromium, as all browser tests start it.
import { chromium as playwright, type Browser, type Page } from "playwright-core";
import { chromium } from "./environment.js";

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--no-first-run",
];

/** For everything a page should do, in milliseconds. */
export const limit = 45_000;

/** Starts it. Playwright gives each launch a user data folder of its own. */
export const launch = (): Promise<Browser> => playwright.launch({ executablePath: chromium(), args: flags });

/** Talks to the page's developer tools. */
export const devtools = (page: Page) => page.context().newCDPSession(page);

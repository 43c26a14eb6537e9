// The console in a real browser against a running box: log in, see cameras, alerts, clusters and
// plays, in both languages, on a desk and on a phone. Exit code 0, or 1 with what was wrong.
//
//   VONG_URL=https://127.0.0.1:8443 VONG_USER=quan-tri VONG_PASSWORD=... \
//       node tests/browser/console.mjs [--screenshot FILE.png]
//
// With VONG_SETUP=https://.../setup#... the user is first made with that link, as a ward does it.
// Needs Chromium of the system, and playwright-core of web/package-lock.json.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const WAIT_MS = 30_000;
const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const TEXTS = {
  vi: { cameras: 'Camera', alerts: 'Cảnh báo', clusters: 'Cụm loa', next: 'Lịch phát sắp tới', last: 'Đã phát gần đây' },
  en: { cameras: 'Cameras', alerts: 'Alerts', clusters: 'Loudspeaker clusters', next: 'Next plays', last: 'Recent plays' },
};

const url = needed('VONG_URL').replace(/\/+$/, '');
const user = needed('VONG_USER');
const password = needed('VONG_PASSWORD');
const problems = [];

function needed(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`console test: set ${name}`);
    process.exit(2);
  }
  return value;
}

function check(isRight, what) {
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${what}`);
  if (!isRight) problems.push(what);
}

function executable() {
  const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = known.find((path) => existsSync(path));
  if (!found) throw new Error('no Chromium: apt-get install chromium');
  return found;
}

/** A page that keeps what the browser complains about: a policy that blocks us is a failure. */
async function open(browser, language, size) {
  // The box's certificate is of the fleet's own authority, which this browser does not know.
  const context = await browser.newContext({ viewport: SIZES[size], ignoreHTTPSErrors: true });
  await context.addInitScript((it) => localStorage.setItem('vong.lang', it), language);
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.on('pageerror', (error) => problems.push(`${language} ${size}: ${error.message}`));
  page.on('console', (message) => {
    const isRefusal = /status of 40[134]/.test(message.text());
    if (message.type() === 'error' && !isRefusal) problems.push(`${language} ${size}: ${message.text()}`);
  });
  return page;
}

async function logIn(page, secret) {
  await page.fill('#user', user);
  await page.fill('#password', secret);
  await page.click('button[type=submit]');
}

async function setUp(browser, link) {
  const page = await open(browser, 'vi', 'phone');
  const fill = async () => {
    await page.goto(link);
    await page.fill('#user', user);
    await page.fill('#password', password);
    await page.fill('#again', password);
    await page.click('button[type=submit]');
  };
  await fill();
  await page.waitForSelector('#cameras');
  check(!page.url().includes('#'), 'the set-up link makes the first user, and leaves the address');
  await page.click('header .tools > button');
  await page.waitForSelector('#password');
  await fill();
  const said = await page.textContent('[role=alert]');
  check(said.includes('không còn hiệu lực'), 'the set-up link works once');
  await page.context().close();
}

async function refusesAWrongPassword(browser) {
  const page = await open(browser, 'vi', 'desk');
  await page.goto(url);
  check((await page.getAttribute('html', 'lang')) === 'vi', 'the page is in Vietnamese');
  await logIn(page, 'mat khau sai hoan toan');
  const said = await page.textContent('[role=alert]');
  check(said.includes('không đúng'), 'a wrong password is refused in Vietnamese');
  await page.context().close();
}

async function hardenedHeaders(page) {
  const response = await page.goto(url);
  const headers = response.headers();
  const policy = headers['content-security-policy'] ?? '';
  check(policy.includes("default-src 'none'") && !policy.includes('unsafe'), 'the policy allows nothing inline');
}

async function cookieIsOutOfReach(page) {
  const [cookie] = await page.context().cookies();
  const isHardened = cookie?.httpOnly && cookie.secure && cookie.sameSite === 'Strict';
  check(Boolean(isHardened), 'the session cookie is HttpOnly, Secure and SameSite=Strict');
  check((await page.evaluate(() => document.cookie)) === '', 'no script can read it');
}

async function showsTheWard(page, language, size) {
  const texts = TEXTS[language];
  const named = (id) => page.textContent(`#${id}`);
  for (const [id, title] of Object.entries(texts)) {
    check((await named(id)) === title, `${language} ${size}: “${title}”`);
  }
  await page.waitForFunction(() => {
    const pictures = [...document.querySelectorAll('article img')];
    return pictures.length > 0 && pictures.every((it) => it.complete && it.naturalWidth > 0);
  });
  check(true, `${language} ${size}: every camera shows a picture`);
  await page.waitForSelector('section[aria-labelledby=alerts] li img');
  const picture = page.locator('section[aria-labelledby=alerts] li img').first();
  const isLoaded = () => picture.evaluate((it) => it.complete && it.naturalWidth > 0);
  for (let n = 0; n < 50 && !(await isLoaded()); n += 1) await page.waitForTimeout(100);
  check(await isLoaded(), `${language} ${size}: an alert shows its picture`);
  const nClusters = await page.locator('section[aria-labelledby=clusters] li').count();
  check(nClusters > 0, `${language} ${size}: ${nClusters} clusters`);
  const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  check(!isWider, `${language} ${size}: nothing is wider than the screen`);
  const unnamed = await page.evaluate(
    () =>
      [...document.querySelectorAll('button, a, input, img')].filter(
        (it) => it.tagName !== 'IMG' && !(it.textContent?.trim() || it.ariaLabel || it.labels?.length),
      ).length,
  );
  check(unnamed === 0, `${language} ${size}: every control has a name`);
}

async function opensAnAlert(page) {
  await page.locator('section[aria-labelledby=alerts] li button').first().click();
  await page.waitForSelector('dialog[open] img');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  check(true, 'an alert opens and closes with the keyboard');
}

async function logsOut(page) {
  await page.click('header .tools > button');
  await page.waitForSelector('#password');
  const status = await page.evaluate(async () => (await fetch('/api/v1/me')).status);
  check(status === 401, 'after the log-out the session is gone');
}

async function visit(browser, language, size, screenshot) {
  const page = await open(browser, language, size);
  await hardenedHeaders(page);
  await logIn(page, password);
  await page.waitForSelector('#cameras');
  await cookieIsOutOfReach(page);
  await showsTheWard(page, language, size);
  if (screenshot) {
    await page.waitForTimeout(1_500);
    await page.screenshot({ path: screenshot, fullPage: true });
    console.log(`     ${screenshot}`);
  }
  await opensAnAlert(page);
  await logsOut(page);
  await page.context().close();
}

const wanted = process.argv.indexOf('--screenshot');
const screenshot = wanted > 0 ? process.argv[wanted + 1] : undefined;
const browser = await chromium.launch({
  executablePath: executable(),
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  if (screenshot) {
    await visit(browser, 'vi', 'desk', screenshot);
  } else {
    if (process.env.VONG_SETUP) await setUp(browser, process.env.VONG_SETUP);
    await refusesAWrongPassword(browser);
    for (const language of ['vi', 'en']) {
      for (const size of ['desk', 'phone']) await visit(browser, language, size);
    }
  }
} catch (error) {
  problems.push(error.message);
} finally {
  await browser.close();
}
for (const problem of problems) console.error(`console test: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);

// The console in a real browser against a running box: log in, see cameras, alerts, clusters and
// plays, in both languages, on a desk and on a phone; say why and play a clip, see to an alert, draw a
// rule. Exit code 0, or 1 with what was wrong.
//
//   VONG_URL=https://127.0.0.1:8443 VONG_USER=quan-tri VONG_PASSWORD=... \
//       node tests/browser/console.mjs [--screenshot FILE.png]
//
// With VONG_SETUP=https://.../setup#... the user is first made with that link, as a ward does it.
// With VONG_SHOTS=FOLDER a picture of each page is left there.
// Needs Chromium of the system, and playwright-core of web/package-lock.json.
import { createRequire } from 'node:module';
import { existsSync, mkdirSync } from 'node:fs';

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
const shots = process.env.VONG_SHOTS;
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
    const isRefusal = /status of 40[0134]/.test(message.text());
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

/** `isWhole`: all of the page, not what the screen shows of it. */
async function shoot(page, name, isWhole = true) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.waitForTimeout(700);
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: isWhole });
}

const asked = (page, path) => page.evaluate(async (it) => (await fetch(`/api/v1${it}`)).json(), path);

async function isNotWider(page, what) {
  const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  check(!isWider, `${what}: nothing is wider than the screen`);
  const unnamed = await page.evaluate(() => {
    const controls = [...document.querySelectorAll('button, a, input, select, textarea, video, [role=button]')];
    const name = (it) => it.textContent?.trim() || it.ariaLabel || it.labels?.length;
    return controls.filter((it) => !name(it)).map((it) => it.outerHTML.slice(0, 120));
  });
  check(unnamed.length === 0, `${what}: every control has a name ${unnamed}`);
}

/** An alert with a clip: the seconds after it have to pass first. */
async function withAClip(page) {
  for (let n = 0; n < 90; n += 1) {
    const found = (await asked(page, '/alerts?limit=200')).find((it) => it.has_clip);
    if (found) return found;
    await page.waitForTimeout(1_000);
  }
  throw new Error('no alert has got a clip within 90 s');
}

/** People are recognised once somebody has said why; a clip plays; all of it is in the log. */
async function seesToAnAlert(page, size) {
  const reason = `kiểm tra tin báo (${size})`;
  const alert = await withAClip(page);
  await page.click('nav a[href="/alerts"]');
  await page.click(`li[data-alert="${alert.id}"] button`);
  const dialog = page.locator('dialog[open]');
  const src = () => dialog.locator('img').getAttribute('src');
  const kindOf = async () => {
    const url = await src();
    return page.evaluate(async (it) => (await fetch(it)).headers.get('x-picture'), url);
  };
  check((await kindOf()) === 'blurred', `${size}: without a reason nobody is recognised`);
  check((await dialog.locator('video').count()) === 0, `${size}: and no clip plays`);
  await shoot(page, `alert-blurred-${size}`);
  await dialog.locator('.looking button').click();
  await dialog.locator('.looking input').fill(reason);
  await dialog.locator('.looking form button[type=submit]').click();
  await dialog.locator('video').waitFor();
  check((await src()).includes('reason=') && (await kindOf()) === 'original', `${size}: with one they are`);
  const played = await dialog.locator('video').evaluate(async (video) => {
    const ready = new Promise((resolve, reject) => {
      video.addEventListener('canplay', resolve, { once: true });
      video.addEventListener('error', () => reject(new Error(video.error?.message ?? 'error')), { once: true });
    });
    video.muted = true;
    const started = video.play();
    await ready;
    await started;
    for (let n = 0; n < 100 && video.currentTime < 1.5; n += 1) await new Promise((next) => setTimeout(next, 100));
    return { time: video.currentTime, length: video.duration, width: video.videoWidth };
  });
  const { time, length, width } = played;
  check(time >= 1.5 && width > 0, `${size}: a clip of ${length.toFixed(1)} s plays, ${width} px wide, ${time.toFixed(1)} s in`);
  await shoot(page, `alert-clip-${size}`);
  const acknowledge = dialog.locator('button', { hasText: 'Xác nhận đã xử lý' });
  if (await acknowledge.count()) await acknowledge.click();
  await dialog.locator('text=Đã xử lý:').waitFor();
  await dialog.locator('button', { hasText: 'Giữ làm chứng cứ' }).click();
  await dialog.locator('#hold-reason').fill('vụ việc số 12');
  await shoot(page, `alert-hold-${size}`);
  await dialog.locator('form.ask button[type=submit]').click();
  await dialog.locator('text=vụ việc số 12').waitFor();
  await dialog.locator('button', { hasText: 'Bỏ giữ' }).click();
  await dialog.locator('text=vụ việc số 12').waitFor({ state: 'detached' });
  check(true, `${size}: an alert is seen to, held and released`);
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  await shoot(page, `alerts-${size}`);
  await isNotWider(page, `${size} alerts`);
  await page.click('nav a[href="/views"]');
  await page.locator('tr', { hasText: reason }).locator('text=Đoạn phim').first().waitFor();
  check(true, `${size}: the clip is in the log of views`);
  await isNotWider(page, `${size} views`);
  await shoot(page, `views-${size}`);
}

/** Drags a corner to a place of the picture, both in parts of it. */
async function drag(page, n, to) {
  const box = await page.locator('svg[role=group]').boundingBox();
  const handle = await page.locator('svg .corner').nth(n).boundingBox();
  await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5, { steps: 4 });
  await page.mouse.move(box.x + box.width * to[0], box.y + box.height * to[1], { steps: 4 });
  await page.mouse.up();
}

async function drawsARule(page, size) {
  await page.click('nav a[href="/"]');
  const link = page.locator('article h3 a').first();
  const camera = (await link.getAttribute('href')).split('/').pop();
  const rules = () => asked(page, `/cameras/${camera}/rules`);
  const save = page.locator('button', { hasText: 'Lưu và áp dụng' });
  const near = (a, b) => Math.abs(a[0] - b[0]) < 0.01 && Math.abs(a[1] - b[1]) < 0.01;
  await link.click();
  await page.waitForSelector('.picture img');
  await page.waitForSelector('svg .pick');
  await isNotWider(page, `${size} camera`);
  await shoot(page, `camera-${size}`);
  const before = await rules();
  await page.click('li.card > button');
  await page.locator('svg[role=group]').scrollIntoViewIfNeeded();
  await drag(page, 0, [0.15, 0.2]);
  await shoot(page, `rule-${size}`, false);
  await isNotWider(page, `${size} rule`);
  await save.click();
  await page.waitForSelector('.done');
  const after = await rules();
  check(near(after.rules[0].area[0], [0.15, 0.2]), `${size}: a corner is dragged and saved: ${after.rules[0].area[0]}`);
  check(after.source === 'console' && after.revision === before.revision + 1, `${size}: by ${after.edited_by}`);

  const nCorners = after.rules[0].area.length;
  await page.locator('svg .add').first().press('Enter');
  check((await page.locator('svg .corner').count()) === nCorners + 1, `${size}: a corner is added`);
  await page.locator('svg .corner').nth(1).focus();
  await page.keyboard.press('Delete');
  check((await page.locator('svg .corner').count()) === nCorners, `${size}: and deleted again`);

  const [, , c] = after.rules[0].area;
  await drag(page, 0, [Math.min(0.99, c[0] + 0.02), c[1] - 0.1]);
  await save.click();
  const said = page.locator('li.card [role=alert]', { hasText: 'tự cắt' });
  await said.waitFor();
  check((await said.textContent()).includes('cạnh'), `${size}: an area that crosses itself is refused: ${await said.textContent()}`);
  await shoot(page, `rule-refused-${size}`, false);
  await page.locator('button', { hasText: 'Bỏ thay đổi' }).click();

  await page.locator('button', { hasText: 'Thêm quy tắc' }).click();
  await page.locator('li.chosen select').first().selectOption('line');
  await page.locator('li.chosen select').nth(1).selectOption('left_to_right');
  await page.locator('li.chosen .field', { hasText: 'Thời gian áp dụng' }).locator('select').selectOption('own');
  await page.locator('button', { hasText: 'Vẽ lại từ đầu' }).click();
  await page.locator('.picture').scrollIntoViewIfNeeded();
  const box = await page.locator('svg[role=group]').boundingBox();
  for (const [x, y] of [[0.2, 0.7], [0.5, 0.6], [0.8, 0.75]]) {
    await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
  }
  await drag(page, 0, [0.2, 0.72]);
  await page.locator('button', { hasText: 'Vẽ xong' }).click();
  await shoot(page, `rule-line-${size}`);
  await save.click();
  await page.waitForSelector('.done');
  const made = (await rules()).rules.at(-1);
  const isDrawn = made.kind === 'line' && made.line.length === 3 && near(made.line[1], [0.5, 0.6]);
  check(isDrawn && made.direction === 'left_to_right', `${size}: a line is drawn point by point: ${JSON.stringify(made)}`);
  check(made.active?.[0] === '18:00-22:00', `${size}: with hours of its own`);
  await page.locator('button', { hasText: 'Dùng lại quy tắc' }).click();
  await page.locator('text=Theo tệp cấu hình').waitFor();
  check((await rules()).source === 'file', `${size}: the rules of the file come back`);
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
  if (language === 'vi' && !screenshot) {
    await shoot(page, `overview-${size}`);
    await seesToAnAlert(page, size);
    await drawsARule(page, size);
  }
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

// Set-up, log-in, and what the first page shows.
import { check, isSound, logIn, open, password, url, user } from './page.mjs';

const TEXTS = {
  vi: { cameras: 'Camera', alerts: 'Cảnh báo', clusters: 'Cụm loa', next: 'Lịch phát sắp tới', last: 'Đã phát gần đây' },
  en: { cameras: 'Cameras', alerts: 'Alerts', clusters: 'Loudspeaker clusters', next: 'Next plays', last: 'Recent plays' },
};

export async function setUp(browser, link) {
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

export async function refusesAWrongPassword(browser) {
  const page = await open(browser, 'vi', 'desk');
  await page.goto(url);
  check((await page.getAttribute('html', 'lang')) === 'vi', 'the page is in Vietnamese');
  await logIn(page, 'mat khau sai hoan toan');
  const said = await page.textContent('[role=alert]');
  check(said.includes('không đúng'), 'a wrong password is refused in Vietnamese');
  await page.context().close();
}

export async function hardenedHeaders(page) {
  const response = await page.goto(url);
  const headers = response.headers();
  const policy = headers['content-security-policy'] ?? '';
  check(policy.includes("default-src 'none'") && !policy.includes('unsafe'), 'the policy allows nothing inline');
}

export async function cookieIsOutOfReach(page) {
  const [cookie] = await page.context().cookies();
  const isHardened = cookie?.httpOnly && cookie.secure && cookie.sameSite === 'Strict';
  check(Boolean(isHardened), 'the session cookie is HttpOnly, Secure and SameSite=Strict');
  check((await page.evaluate(() => document.cookie)) === '', 'no script can read it');
}

export async function showsTheWard(page, language, size) {
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
  await isSound(page, `${language} ${size}`);
}

export async function opensAnAlert(page) {
  await page.locator('section[aria-labelledby=alerts] li button').first().click();
  await page.waitForSelector('dialog[open] img');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  check(true, 'an alert opens and closes with the keyboard');
}

export async function logsOut(page) {
  await page.click('header .tools > button');
  await page.waitForSelector('#password');
  const status = await page.evaluate(async () => (await fetch('/api/v1/me')).status);
  check(status === 401, 'after the log-out the session is gone');
}

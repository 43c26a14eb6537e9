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
import { seesToAnAlert, tellsOthersWhy } from './alerts.mjs';
import { check, isSound, launch, logIn, open, password, problems, shoot } from './page.mjs';
import { choosesAPlace, importsPlaces, readsAReport } from './places.mjs';
import { showsProofOfLife } from './proof.mjs';
import { drawsARule, givesHours } from './rules.mjs';
import * as ward from './ward.mjs';

const OTHERS = {
  desk: { role: 'author', language: 'vi', size: 'desk' },
  phone: { role: 'technician', language: 'en', size: 'phone' },
};

/** Every page where people look and draw, as it is in English. */
async function looksAround(page, size) {
  await shoot(page, `en-overview-${size}`);
  await page.click('nav a[href="/alerts"]');
  await page.click('section[aria-labelledby=over] li button, section[aria-labelledby=ongoing] li button');
  await page.waitForSelector('dialog[open] img');
  await shoot(page, `en-alert-${size}`, false);
  await page.keyboard.press('Escape');
  await isSound(page, `en ${size} alerts`);
  await shoot(page, `en-alerts-${size}`);
  await page.click('nav a[href="/"]');
  await page.locator('article h3 a').first().click();
  await page.waitForSelector('svg .pick');
  await page.click('li.card > button');
  await isSound(page, `en ${size} rule`);
  await shoot(page, `en-rule-${size}`);
}

async function visit(browser, language, size, screenshot) {
  const page = await open(browser, language, size);
  await ward.hardenedHeaders(page);
  await logIn(page, password);
  await page.waitForSelector('#cameras');
  await ward.cookieIsOutOfReach(page);
  await ward.showsTheWard(page, language, size);
  if (screenshot) {
    await page.waitForTimeout(1_500);
    await page.screenshot({ path: screenshot, fullPage: true });
    console.log(`     ${screenshot}`);
  }
  await ward.opensAnAlert(page);
  if (!screenshot) await showsProofOfLife(page, language, size);
  if (language === 'vi' && !screenshot) {
    await shoot(page, `overview-${size}`);
    await seesToAnAlert(page, size);
    await drawsARule(page, size);
    await givesHours(page, size);
    await importsPlaces(page, size);
    await choosesAPlace(page, size);
    await readsAReport(page, size);
    await tellsOthersWhy(browser, page, OTHERS[size]);
  } else if (!screenshot) {
    await looksAround(page, size);
  }
  await ward.logsOut(page);
  await page.context().close();
}

const wanted = process.argv.indexOf('--screenshot');
const screenshot = wanted > 0 ? process.argv[wanted + 1] : undefined;
const browser = await launch();
try {
  if (screenshot) {
    await visit(browser, 'vi', 'desk', screenshot);
  } else {
    if (process.env.VONG_SETUP) await ward.setUp(browser, process.env.VONG_SETUP);
    await ward.refusesAWrongPassword(browser);
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

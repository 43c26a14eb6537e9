// The table of places and the report of plays, as a technician and a clerk use them.
import { check, isSound, shoot } from './page.mjs';

const TABLE = `code;kind;name;parent;valid_from;valid_to;population;successors
20227;ward;Thanh Bình;;01/01/1997;01/07/2025;18000;20242
20242;ward;Hải Châu;;01/07/2025;;131427;
to-1;zone;Tổ 1;20242;01/07/2025;;;
loa-demo-001;cluster;Chợ Cầu Tre;to-1;01/09/2025;;;
`;

const file = (text) => ({ name: 'dia-ban.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });

/** A table with mistakes is refused line by line; a good one is a tree, on each day its own. */
export async function importsPlaces(page, size) {
  await page.click('nav a[href="/places"]');
  const form = page.locator('form.card');
  await form.locator('input[type=file]').setInputFiles(file(TABLE.replace('to-1;zone', 'to-1;street').replace('to-1;01/09', 'to-9;01/09')));
  await form.locator('button[type=submit]').click();
  await form.locator('li', { hasText: 'Dòng 4:' }).waitFor();
  check((await form.locator('li').count()) === 2, `${size}: each mistake of a table is told with its line`);
  await shoot(page, `places-refused-${size}`);
  await form.locator('input[type=file]').setInputFiles(file(TABLE));
  await form.locator('button[type=submit]').click();
  await form.locator('text=Đã nhập.').waitFor();
  const tree = page.locator('section[aria-labelledby=places] tbody');
  await tree.locator('tr', { hasText: 'Tổ 1' }).waitFor();
  await isSound(page, `${size} places`);
  await shoot(page, `places-${size}`);
  await page.fill('#on', '2025-06-30');
  await tree.locator('tr', { hasText: 'Thanh Bình' }).waitFor();
  check((await tree.locator('tr').count()) === 1, `${size}: the tree of another day is another`);
}

/** A new bulletin offers the places of today. */
export async function choosesAPlace(page, size) {
  await page.click('nav a[href="/bulletins"]');
  await page.locator('button.primary').first().click();
  await page.check('input[type=radio][value=places]');
  await page.check('.tree input[value="20242"]');
  check(await page.locator('.tree input[value="to-1"]').isVisible(), `${size}: a bulletin may be for a ward or a zone`);
  await isSound(page, `${size} new bulletin`);
  await shoot(page, `bulletin-places-${size}`);
}

export async function readsAReport(page, size) {
  await page.click('nav a[href="/reports"]');
  await page.waitForSelector('#report');
  await page.selectOption('#period', 'quarter');
  await page.selectOption('#by', 'cluster');
  const links = await page.locator('a[download]').evaluateAll((all) => all.map((it) => it.getAttribute('href')));
  const answers = await page.evaluate(async (all) => Promise.all(all.map(async (it) => (await fetch(it)).headers.get('content-type'))), links);
  check(answers.length === 2 && answers.every((it) => it.startsWith('text/csv')), `${size}: both tables can be downloaded`);
  await isSound(page, `${size} report`);
  await shoot(page, `report-${size}`);
}

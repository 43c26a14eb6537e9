// The rules of a camera: drawn on its picture, given hours, refused where they are wrong.
import { isDeepStrictEqual } from 'node:util';
import { asked, check, isSound, sent, shoot } from './page.mjs';

const save = (page) => page.locator('button', { hasText: 'Lưu và áp dụng' });

/** Goes to the page of the first camera; answers with its rules, asked anew each time. */
async function openCamera(page) {
  await page.click('nav a[href="/"]');
  const link = page.locator('article h3 a').first();
  const path = `/cameras/${(await link.getAttribute('href')).split('/').pop()}/rules`;
  await link.click();
  await page.waitForSelector('.picture img');
  await page.waitForSelector('svg .pick');
  return { path, rules: () => asked(page, path) };
}

async function saved(page) {
  await save(page).click();
  await page.waitForSelector('.done');
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

export async function drawsARule(page, size) {
  const { rules } = await openCamera(page);
  const near = (a, b) => Math.abs(a[0] - b[0]) < 0.01 && Math.abs(a[1] - b[1]) < 0.01;
  await isSound(page, `${size} camera`);
  await shoot(page, `camera-${size}`);
  const before = await rules();
  await page.click('li.card > button');
  await page.locator('svg[role=group]').scrollIntoViewIfNeeded();
  await drag(page, 0, [0.15, 0.2]);
  await shoot(page, `rule-${size}`, false);
  await isSound(page, `${size} rule`);
  await saved(page);
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
  await save(page).click();
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
  await saved(page);
  const made = (await rules()).rules.at(-1);
  const isDrawn = made.kind === 'line' && made.line.length === 3 && near(made.line[1], [0.5, 0.6]);
  check(isDrawn && made.direction === 'left_to_right', `${size}: a line is drawn point by point: ${JSON.stringify(made)}`);
  check(made.active?.[0] === '18:00-22:00', `${size}: with hours of its own`);
  await page.locator('button', { hasText: 'Dùng lại quy tắc' }).click();
  await page.locator('text=Theo tệp cấu hình').waitFor();
  check((await rules()).source === 'file', `${size}: the rules of the file come back`);
}

const KNOWN = {
  id: 'cong-truong',
  name: 'Cổng trường',
  kind: 'loiter',
  area: [[0.2, 0.3], [0.8, 0.3], [0.8, 0.9]],
  labels: ['person', 'bicycle'],
  dwell: '1.5s',
  active: ['mon-fri 18:00-06:00', 'sat,sun'],
  quiet: ['12:00-13:00'],
  cooldown: '45s',
  severity: 'critical',
};

/** Hours are added, changed and removed; what nobody touched is as it was. */
export async function givesHours(page, size) {
  let { path, rules } = await openCamera(page);
  const before = await rules();
  const put = await sent(page, 'PUT', path, { rules: [...before.rules, KNOWN], revision: before.revision });
  check(put === 200, `${size}: a rule with hours of every sort`);
  ({ path, rules } = await openCamera(page));
  const last = async () => (await rules()).rules.at(-1);
  const first = (await rules()).rules[0];
  await page.locator('li.card > button').last().click();
  const form = page.locator('li.chosen');
  await form.locator('input[type=text]').fill('Cổng trường học');
  await saved(page);
  const renamed = { ...KNOWN, name: 'Cổng trường học' };
  const isKept = isDeepStrictEqual(await last(), renamed) && isDeepStrictEqual((await rules()).rules[0], first);
  check(isKept, `${size}: a new name, and all else as it was: ${JSON.stringify(await last())}`);

  const quiet = form.locator('[data-key=quiet]');
  const spans = quiet.locator('fieldset');
  await quiet.locator('button', { hasText: 'Thêm khung giờ tạm ngừng' }).click();
  await spans.nth(1).locator('input').nth(0).fill('20:00');
  await spans.nth(1).locator('input').nth(1).fill('20:00');
  await spans.nth(0).locator('.days button').first().click();
  await save(page).click();
  const said = spans.nth(1).locator('[role=alert]');
  await said.waitFor();
  const isThere = (await quiet.locator('[role=alert]').count()) === 1 && (await said.textContent()).includes('trùng nhau');
  check(isThere, `${size}: hours that are none are refused where they are: ${await said.textContent()}`);
  await spans.nth(1).scrollIntoViewIfNeeded();
  await shoot(page, `hours-refused-${size}`, false);
  await isSound(page, `${size} hours`);

  await spans.nth(1).locator('input').nth(1).fill('21:30');
  check((await quiet.locator('[role=alert]').count()) === 0, `${size}: what was changed is no longer called wrong`);
  for (const day of await spans.nth(1).locator('.days button').all()) await day.click();
  await save(page).click();
  await said.waitFor();
  check((await said.textContent()).includes('chưa chọn ngày nào'), `${size}: hours without a day are none`);
  for (const n of [0, 6]) await spans.nth(1).locator('.days button').nth(n).click();
  await form.locator('fieldset', { hasText: 'Khung giờ áp dụng 2' }).locator('input').nth(0).fill('07:00');
  await shoot(page, `hours-${size}`);
  await saved(page);
  const { active, quiet: kept } = await last();
  const areHours =
    isDeepStrictEqual(active, ['mon-fri 18:00-06:00', 'sat,sun 07:00-24:00']) &&
    isDeepStrictEqual(kept, ['tue-sun 12:00-13:00', 'mon,sun 20:00-21:30']);
  check(areHours, `${size}: hours of each day are saved: ${active} / ${kept}`);

  for (let n = 0; n < 2; n += 1) await spans.first().locator('button', { hasText: '✕' }).click();
  await saved(page);
  check((await last()).quiet === undefined, `${size}: quiet times are removed`);
  await page.locator('button', { hasText: 'Dùng lại quy tắc' }).click();
  await page.locator('text=Theo tệp cấu hình').waitFor();
}

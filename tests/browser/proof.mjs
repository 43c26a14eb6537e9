// Whether an alarm of a camera would be heard: as it is, and as it would be shown if none came back.
import { check, shoot, url } from './page.mjs';

const PROVEN = { vi: 'trung tâm đã xác nhận', en: 'the centre confirmed it' };
const SILENCE = { vi: 'không có nghĩa là không có sự việc', en: 'does not mean that nothing happens' };
const NEVER = { vi: 'Chưa có lần nào được xác nhận', en: 'None has ever been confirmed' };
const LOST = {
  unseen: { vi: 'chưa phân tích được hình nào', en: 'no picture of the camera could be analysed' },
  unheard: { vi: 'trung tâm chưa xác nhận', en: 'the centre has not confirmed it' },
  overdue: { vi: 'quá hạn', en: 'overdue' },
  off: { vi: 'không được lên lịch', en: 'none is scheduled' },
};

export async function showsProofOfLife(page, language, size) {
  const shown = page.locator('article [data-proof]').first();
  // Without loading the page again.
  await page.waitForSelector('article [data-proof=proven]');
  const said = (await shown.textContent()).trim();
  const isTold = said.includes(PROVEN[language]) && /\(\d\d:\d\d:\d\d\)/.test(said);
  check(isTold, `${language} ${size}: a test alarm went to the centre and back: ${said}`);

  const own = await page.context().newPage();
  let proof = {};
  await own.route('**/api/v1/cameras', async (route) => {
    const response = await route.fetch();
    const cameras = await response.json();
    await route.fulfill({ response, json: cameras.map((it) => ({ ...it, proof: { ...it.proof, ...proof } })) });
  });
  for (const [state, words] of Object.entries(LOST)) {
    const isNever = state === 'unseen';
    proof = { state, ...(isNever ? { raised_at: null, proven_at: null } : {}) };
    await own.goto(url);
    await own.waitForSelector(`article [data-proof=${state}]`);
    const text = await own.locator('article [data-proof]').first().textContent();
    const isWarned = text.includes(words[language]) && text.includes(SILENCE[language]);
    check(isWarned && text.includes(NEVER[language]) === isNever, `${language} ${size}: ${state} is no peace`);
    if (state === 'unheard' || state === 'off') await shoot(own, `proof-${state}-${language}-${size}`);
  }
  // By key: an alert that comes in just then moves the card from under the mouse.
  await own.press('article h3 a', 'Enter');
  await own.waitForSelector('dl [data-proof]');
  await own.close();
}

// An alert: who sees people in it and who does not, its clip, who has seen to it.
import { asked, check, isSound, logIn, open, password, sent, shoot, url } from './page.mjs';

/** What those who may not play a clip are told. */
const WHY = {
  vi: 'chỉ bộ phận An ninh trật tự được xem, có nêu lý do',
  en: 'Only the security team may play it',
};

/** An alert with a clip: the seconds after it have to pass first. */
async function withAClip(page) {
  for (let n = 0; n < 90; n += 1) {
    const found = (await asked(page, '/alerts?limit=200')).find((it) => it.has_clip);
    if (found) return found;
    await page.waitForTimeout(1_000);
  }
  throw new Error('no alert has got a clip within 90 s');
}

/** `blurred` or `original`, as the box says of the picture in the dialog. */
async function kindOf(page) {
  const picture = page.locator('dialog[open] .pictures img');
  await page.waitForFunction(() => document.querySelector('dialog[open] .pictures img')?.naturalWidth > 0);
  const path = await picture.getAttribute('src');
  return page.evaluate(async (it) => (await fetch(it)).headers.get('x-picture'), path);
}

/** People are recognised once somebody has said why; a clip plays; all of it is in the log. */
export async function seesToAnAlert(page, size) {
  const reason = `kiểm tra tin báo (${size})`;
  const alert = await withAClip(page);
  await page.click('nav a[href="/alerts"]');
  await page.click(`li[data-alert="${alert.id}"] button`);
  const dialog = page.locator('dialog[open]');
  const src = () => dialog.locator('.pictures img').getAttribute('src');
  check((await kindOf(page)) === 'blurred', `${size}: without a reason nobody is recognised`);
  check((await dialog.locator('video').count()) === 0, `${size}: and no clip plays`);
  await shoot(page, `alert-blurred-${size}`);
  await dialog.locator('.looking button').click();
  await dialog.locator('.looking input').fill(reason);
  await dialog.locator('.looking form button[type=submit]').click();
  await dialog.locator('video').waitFor();
  check((await src()).includes('reason=') && (await kindOf(page)) === 'original', `${size}: with one they are`);
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
  await isSound(page, `${size} alerts`);
  await page.click('nav a[href="/views"]');
  await page.locator('tr', { hasText: reason }).locator('text=Đoạn phim').first().waitFor();
  check(true, `${size}: the clip is in the log of views`);
  await isSound(page, `${size} views`);
  await shoot(page, `views-${size}`);
}

/** Somebody of another role sees nobody, plays nothing, and reads why. `page`: of an administrator. */
export async function tellsOthersWhy(browser, page, { role, language, size }) {
  const name = `thu-${role}-${size}`;
  const made = await sent(page, 'POST', '/users', { user: name, password, roles: [role] });
  check(made === 201, `${role}: a user of this role alone`);
  const alert = await withAClip(page);
  const own = await open(browser, language, size);
  await own.goto(url);
  await logIn(own, password, name);
  await own.waitForSelector('#cameras');
  await shoot(own, `role-${role}-overview`);
  await own.click('nav a[href="/alerts"]');
  await own.click(`li[data-alert="${alert.id}"] button`);
  const dialog = own.locator('dialog[open]');
  check((await kindOf(own)) === 'blurred', `${role}: sees the picture, and nobody in it`);
  const said = (await dialog.locator('section').textContent()).trim();
  check(said.includes(WHY[language]), `${role}: reads why there is no clip: ${said}`);
  check((await dialog.locator('video').count()) === 0, `${role}: and plays none`);
  const mayKeep = ['security', 'admin'].includes(role);
  const nButtons = await dialog.locator('.row button').count();
  check(nButtons === (mayKeep ? 2 : 1), `${role}: is offered what the role may do, ${nButtons}`);
  await isSound(own, `${role} alert`);
  await shoot(own, `role-${role}-alert`, false);
  await own.context().close();
}

// What the box says in English sentences, in Vietnamese: reasons, problems, causes. The labels of the pages are in `vi.ts`.

import { REFUSALS } from './refusals';
import { TABLE } from './table';

/** A layer that comes with the program, by its Vietnamese name. */
const layerOf = (name: string): string =>
  ({
    'public-holidays': 'ngày nghỉ lễ, tết',
    ram: 'ngày rằm',
    'mung-1': 'mùng 1 âm lịch',
    'lunar-feasts': 'lễ tết âm lịch',
    commemorations: 'ngày kỷ niệm',
  })[name] ?? `ngày thuộc nhóm “${name}”`;

/** What a quota allows. */
const limitOf = (limit: string): string => {
  const n = /\d+/.exec(limit)?.[0];
  if (limit === 'no plays') return 'không được phát';
  if (limit.endsWith('plays a day')) return `tối đa ${n} buổi phát mỗi ngày`;
  if (limit.endsWith('sessions a day')) return `tối đa ${n} đợt phát mỗi ngày`;
  if (limit.endsWith('minutes a day')) return `tối đa ${n} phút phát mỗi ngày`;
  return limit.endsWith('minutes a session') ? `tối đa ${n} phút mỗi đợt phát` : limit;
};

/** A quota: those of the preset by what they are, one of the ward's own by the name it gave. */
const quotaOf = (name: string): string =>
  ({
    'hanoi-urban': 'phát thanh nội thành Hà Nội (thứ Hai đến thứ Sáu)',
    'hanoi-urban-weekend': 'phát thanh nội thành Hà Nội (thứ Bảy, Chủ nhật)',
  })[name] ?? `“${name}”`;

/** Why one bulletin goes before another. */
const groundOf = (ground: string): string =>
  ({
    'it sounds already': 'đang phát',
    'its priority is higher': 'có mức ưu tiên cao hơn',
    'of two emergencies it comes from the higher level': 'là bản tin khẩn cấp của cấp trên',
    'the ward puts its own bulletins first': 'phường ưu tiên bản tin của mình',
    'the ward puts bulletins of higher levels first': 'phường ưu tiên bản tin của cấp trên',
    'it starts earlier': 'bắt đầu sớm hơn',
    'it is shorter': 'ngắn hơn',
    "it stands first in the ward's list": 'được lập trước',
  })[ground] ?? ground;

/** Why a cluster turned a sound off before its end. */
const cutOf = (why: string): string =>
  ({
    'its time was over': 'hết khoảng thời gian được phát',
    'it would sound in quiet hours': 'đã đến giờ yên tĩnh',
    "the day's limit of sound is reached": 'đã hết thời lượng phát trong ngày',
  })[why] ?? why;

/** As the box writes a length: `3.5s`, `250.0ms`. */
const lengthOf = (length: string): string => {
  const [, n, unit] = /^([\d.]+)(\D+)$/.exec(length) ?? [];
  const units: Record<string, string> = { s: 'giây', ms: 'mili giây' };
  return n && unit && units[unit] ? `${n.replace('.', ',')} ${units[unit]}` : length;
};

/** What is not usual about an hour. */
const hourOf = (what: string): string =>
  ({
    'outside normal hours': 'ngoài khung giờ thông thường',
    'in quiet hours': 'trong giờ yên tĩnh',
    'on a weekend': 'vào ngày cuối tuần',
  })[what] ?? what;

/** Why one of the places that a bulletin is for has nobody who hears it. */
const silenceOf = (why: string): string => {
  const none = /^no loudspeaker cluster hangs on (.+)$/.exec(why)?.[1];
  if (none) return `ngày đó ${none} không có cụm loa nào`;
  const unknown = /^(\S+) is in no table of places$/.exec(why)?.[1];
  if (unknown) return `${unknown} không có trong bảng địa bàn`;
  const [, place, year, month, day] = /^(.+) begins on (\d{4})-(\d\d)-(\d\d)$/.exec(why) ?? [];
  return place ? `${place} có hiệu lực từ ${day}/${month}/${year}` : why;
};

export type Sentence = [RegExp, (...found: string[]) => string];

/** What is wrong with a calendar file; the words of iCalendar stay as they are. */
const FILE_PROBLEMS: Sentence[] = [
  [/^the file is not taken:$/, () => 'Không nhập được tệp, chưa thay đổi gì:'],
  [/^and (\d+) more$/, (n) => `và ${n} lỗi khác`],
  [/^the file is larger than (\d+) bytes/, (n) => `tệp lớn hơn ${n} byte: đề nghị chia nhỏ rồi nhập từng phần`],
  [/^this is no calendar but a file of another kind/, () => 'đây không phải là tệp lịch: đề nghị chọn tệp .ics'],
  [/^there is no event/, () => 'tệp không có sự kiện nào (BEGIN:VEVENT)'],
  [/^(\d+) events are more than (\d+)/, (n, most) => `có ${n} sự kiện, nhiều hơn ${most}: đề nghị nhập từng phần`],
  [/^its UID is used twice$/, () => 'trùng UID với sự kiện khác'],
  [/^has no UID/, () => 'không có UID, hoặc UID dài quá 255 byte'],
  [/^has no DTSTART$/, () => 'không có DTSTART (thời điểm bắt đầu)'],
  [/^SUMMARY is longer than (\d+) bytes$/, (n) => `SUMMARY dài quá ${n} byte`],
  [/^(\S+) is given twice$/, (name) => `${name} được ghi hai lần`],
  [/^EXRULE is not understood/, () => 'không dùng được EXRULE: đề nghị dùng EXDATE'],
  [/^has DTEND and DURATION/, () => 'có cả DTEND và DURATION: đề nghị bỏ một'],
  [/^DTEND is not after DTSTART$/, () => 'DTEND không sau DTSTART'],
  [/^is of whole days, but its length is not$/, () => 'tính theo cả ngày nhưng thời lượng thì không'],
  [/^(\S+) with periods is not understood/, (name) => `không dùng được ${name} dạng khoảng: đề nghị liệt kê các thời điểm`],
  [/^BEGIN:(\S+) is out of place$/, (name) => `BEGIN:${name} không đúng chỗ`],
  [/^END:(\S+) closes nothing$/, (name) => `END:${name} không có phần mở đầu`],
  [/^is outside BEGIN:VCALENDAR$/, () => 'nằm ngoài BEGIN:VCALENDAR'],
  [/^BEGIN:(\S+) is never closed/, (name) => `BEGIN:${name} không có phần kết thúc: tệp bị cắt cụt`],
  [/^(?:\S+: )?(".*") is not a date such as/, (text) => `${text} không phải là ngày, ví dụ 20260902`],
  [/^(?:\S+: )?(".*") is not a time such as/, (text) => `${text} không phải là thời điểm, ví dụ 20260902T053000`],
  [/^DURATION:(.*) is not a length of time/, (text) => `DURATION:${text} không phải là thời lượng trong vòng một năm, ví dụ PT15M`],
  [/^(?:\S+: )?TZID (".*") is not known/, (name) => `không có múi giờ ${name}: đề nghị dùng tên IANA, ví dụ Asia/Ho_Chi_Minh`],
  [/^is longer than (\d+) bytes$/, (n) => `dài quá ${n} byte`],
  [/^is not UTF-8/, () => 'không phải UTF-8: đề nghị lưu tệp dạng UTF-8'],
  [/^has no colon after its name$/, () => 'thiếu dấu hai chấm sau tên'],
  [/^(?:event .+: )?has a time of day: a layer takes whole days alone$/, () => 'có giờ cụ thể: nhóm ngày chỉ nhận sự kiện cả ngày'],
  [/^changes an event that is not in the file$/, () => 'sửa một sự kiện không có trong tệp'],
  [/^has no RECURRENCE-ID$/, () => 'không có RECURRENCE-ID'],
  [/^its RECURRENCE-ID is no start/, () => 'RECURRENCE-ID không phải là một lần diễn ra của sự kiện được sửa'],
  [/^changes a start that is changed already$/, () => 'lần diễn ra này đã được sửa ở chỗ khác'],
  [/^changes one start and has a rule/, () => 'chỉ sửa một lần diễn ra nhưng lại có quy tắc lặp: đề nghị bỏ quy tắc'],
  [/^RECURRENCE-ID with a RANGE/, () => 'không dùng được RECURRENCE-ID có RANGE: đề nghị tách thành hai sự kiện'],
  [/^is of whole days and the event it changes is not/, () => 'một bên tính theo cả ngày, một bên theo giờ'],
  [/^all rules together start up to (\d+) plays a day, more than (\d+)$/, (n, most) => `các quy tắc có đến ${n} buổi mỗi ngày, nhiều hơn ${most}`],
  [/^(\d+) single starts are changed, more than (\d+)/, (n, most) => `có ${n} lần diễn ra được sửa riêng, nhiều hơn ${most}: đề nghị nhập từng phần`],
  [/^the layer has no days$/, () => 'nhóm ngày không có ngày nào'],
  [/^a layer has at most (\d+) days, this one (\d+)/, (most, n) => `nhóm ngày có nhiều nhất ${most} ngày, tệp này có ${n}: đề nghị chỉ giữ những năm cần lập lịch`],
  [/^(".*") is not a name for a layer/, (name) => `tên nhóm ${name} không hợp lệ: từ 1 đến 64 ký tự a-z, 0-9, - và _`],
  [/^the lunar calendar is computed for the years (\d+) to (\d+), not for (-?\d+)$/, (from, to, year) => `âm lịch được tính cho các năm ${from} đến ${to}, không có năm ${year}`],
  [/^(".*") is not computed/, (name) => `${name} không phải là nhóm tính sẵn: dùng public-holidays, ram, mung-1, lunar-feasts hoặc commemorations, hoặc nhập tệp cho nhóm mang tên này`],
  [/^there are (\d+) layers already/, (n) => `đã có ${n} nhóm ngày: đề nghị xóa nhóm không còn dùng`],
  [/^give a window of at most (\d+) days/, (n) => `khoảng thời gian dài nhất ${n} ngày, kết thúc sau khi bắt đầu`],
];

function inWords(said: string, sentences: Sentence[]): string {
  for (const [pattern, text] of sentences) {
    const found = pattern.exec(said);
    if (found) return text(...found.slice(1));
  }
  return said;
}

/** The first that fits says it: what a pattern finds is put into the language's own. */
export const sentences: Sentence[] = [
  ...TABLE,
  [/^it would be heard in quiet hours, (\S+) to (\S+)$/, (from, to) => `rơi vào giờ yên tĩnh, ${from} đến ${to}`],
  [/^nobody has approved it$/, () => 'chưa được phê duyệt'],
  [/^no loudspeaker cluster hangs on the places/, () => 'ngày đó địa bàn nhận không có cụm loa nào'],
  [
    /^((?:no loudspeaker cluster hangs on .+|\S+ is in no table of places|.+ \(\S+\) begins on \d{4}-\d\d-\d\d)(?:; .+)?)$/,
    (all) => all.split('; ').map(silenceOf).join('; '),
  ],
  [/^other loudspeakers hang on its places now$/, () => 'bảng địa bàn thay đổi, bản tin được xếp lại cho các cụm loa khác'],
  [/^the cluster never acknowledged the order$/, () => 'cụm loa không nhận được lệnh phát'],
  [/^the cluster had its order, and did not report the content$/, () => 'cụm loa nhận lệnh nhưng chưa tải xong bản tin'],
  [/^the cluster was ready, and did not report a start$/, () => 'cụm loa đã sẵn sàng nhưng không báo bắt đầu phát'],
  [/^the cluster started, and did not report an end$/, () => 'cụm loa bắt đầu phát nhưng không báo kết thúc'],
  [/^it expires at /, () => 'bản tin hết hiệu lực trước khi phát xong'],
  [/^nothing was recorded at that time$/, () => 'lúc đó chưa ghi được hình'],
  [/^deleted: older than/, () => 'đã xóa vì quá thời hạn lưu trữ'],
  [/^deleted: the room/, () => 'đã xóa để dành chỗ cho cảnh báo mới hơn'],
  [/^the disk is full$/, () => 'bộ nhớ của thiết bị đã đầy'],
  [/^the box was restarted$/, () => 'thiết bị khởi động lại khi chưa cắt xong'],
  [/^it was raised before clips were kept$/, () => 'cảnh báo có từ trước khi thiết bị lưu đoạn phim'],
  [/^too many clips were to be cut/, () => 'quá nhiều đoạn phim phải cắt cùng lúc'],
  [/^no clip can be made of what the camera sent/, () => 'không dựng được phim từ dữ liệu của camera'],
  [/^the clip cannot be written/, () => 'không ghi được đoạn phim'],
  [/^crosses itself: edge (\S+) meets edge ([^;]+)/, (a, b) => `hình tự cắt: cạnh ${a} chạm cạnh ${b}. Đề nghị đặt các góc lần lượt theo một vòng quanh khu vực`],
  [/^crosses itself: piece (\S+) meets piece (\S+)/, (a, b) => `vạch tự cắt: đoạn ${a} chạm đoạn ${b}`],
  [/^has (\d+) corners, at least (\d+)/, (n, m) => `có ${n} góc, cần ít nhất ${m} góc`],
  [/^has (\d+) points, at least (\d+)/, (n, m) => `có ${n} điểm, cần ít nhất ${m} điểm`],
  [/^has \d+ (?:corners|points), at most (\d+)/, (m) => `quá nhiều điểm, tối đa ${m}: đề nghị vẽ đơn giản hơn`],
  [/^(?:corners|points) (\d+) and (\d+) are the same/, (a, b) => `điểm ${a} và điểm ${b} trùng nhau: đề nghị bỏ một điểm`],
  [/^has no area/, () => 'các góc nằm trên một đường thẳng'],
  [/^the arrow has no length/, () => 'mũi tên chưa có độ dài'],
  [/^names nothing to look for$/, () => 'chưa chọn đối tượng nào'],
  [/^names no hours/, () => 'chưa chọn khoảng thời gian nào'],
  [/is none or all of the day/, () => 'giờ bắt đầu và kết thúc trùng nhau'],
  [/is not a day/, () => 'chưa chọn ngày nào trong tuần'],
  [/is not a time of day/, () => 'giờ chưa đúng'],
  [/is not a length of time/, () => 'không phải là số giây'],
  [/^".*" is more than (\d+) s$/, (n) => `nhiều nhất ${n} giây`],
  [/^\S+ is not within (\S+) to (\S+)/, (a, b) => `phải từ ${a} đến ${b}`],
  [/^is missing/, () => 'còn thiếu'],
  [/^id is used twice$/, () => 'trùng mã với quy tắc khác'],
  [/^it is silent on days of (\S+), and that day is "(.*)"$/, (layer, label) => `lịch không phát vào ${layerOf(layer)}: ${label}`],
  [/^it plays on days of (\S+) alone, and that day is none$/, (layer) => `lịch chỉ phát vào ${layerOf(layer)}`],
  [/^it moves away from days of (\S+), and no day within a month is free$/, (layer) => `cần dời khỏi ${layerOf(layer)} nhưng trong vòng một tháng không có ngày nào phù hợp`],
  [/^the quota (.+) allows (.+), and (\S+) has no room for it$/, (quota, limit, day) => `vượt hạn mức ${quotaOf(quota)}: ${limitOf(limit)}; ngày ${day} không còn chỗ`],
  [/^(.+) plays on the same clusters at (\S+) and goes first: (.+)$/, (other, at, ground) => `trùng giờ với ${other} (${at}) trên cùng cụm loa, bản tin đó phát trước vì ${groundOf(ground)}`],
  [/^it has begun, and no later rule takes that back$/, () => 'đã bắt đầu phát'],
  [/^it is an emergency, which quiet hours, (\S+) to (\S+) do not hold back$/, (from, to) => `bản tin khẩn cấp được phát cả trong giờ yên tĩnh, ${from} đến ${to}`],
  [/^it was to play at (\S+), a day of (\S+) \((.*)\), and moved$/, (from, layer, label) => `dời từ ${from}, ${layerOf(layer)} (${label})`],
  [/^it goes before (.+) at (\S+): (.+)$/, (other, at, ground) => `phát trước ${other} (${at}) vì ${groundOf(ground)}`],
  [/^its approval does not stand any more$/, () => 'phê duyệt không còn hiệu lực'],
  [/^it is not in the calendar any more$/, () => 'không còn trong lịch phát'],
  [/^it moved to another time$/, () => 'đã dời sang thời điểm khác'],
  [/^the box was not running, or its clock was not trusted$/, () => 'lúc đó thiết bị không chạy hoặc đồng hồ chưa đồng bộ'],
  [/^its approval holds until (\S+): somebody must approve it afresh$/, (at) => `phê duyệt chỉ có hiệu lực đến ${at}: đề nghị gia hạn phê duyệt`],
  [/^it would sound (.+) \((\S+)\), and one person alone approved it$/, (what, at) => `phát ${hourOf(what)} (${at}) cần hai người phê duyệt, mới có một người`],
  [/^its sound is missing on the disk/, () => 'âm thanh trên thiết bị bị mất hoặc không còn đúng bản đã phê duyệt'],
  [/^muted on site$/, () => 'cụm loa bị tắt tiếng tại chỗ'],
  [/^the day's limit of sound is reached$/, () => 'cụm loa đã hết thời lượng phát trong ngày'],
  [/^it would sound in quiet hours$/, () => 'rơi vào giờ yên tĩnh'],
  [/^its time was over$/, () => 'hết khoảng thời gian được phát'],
  [/^interrupted by a more urgent play: the sound device takes one sound at a time$/, () => 'bị ngắt bởi bản tin khẩn hơn: bộ phát của cụm loa chỉ phát được một âm thanh mỗi lúc'],
  [/^interrupted by a more urgent play: two others sound already$/, () => 'bị ngắt bởi bản tin khẩn hơn: đã có hai bản tin khác đang phát'],
  [/^interrupted by a more urgent play$/, () => 'bị ngắt bởi bản tin khẩn hơn'],
  [/^its content did not arrive in time$/, () => 'cụm loa không tải kịp bản tin'],
  [/^its copy was damaged, and no other came in time$/, () => 'bản lưu trên cụm loa bị hỏng và không tải lại kịp'],
  [/^the box sent other content than was ordered/, () => 'âm thanh tải về không đúng bản được lệnh phát'],
  [/^too late to begin$/, () => 'đã quá muộn để bắt đầu phát'],
  [/^too late: its content would be over$/, () => 'đã quá muộn: lẽ ra bản tin đã phát xong'],
  [/^the cluster restarted$/, () => 'cụm loa khởi động lại khi đang phát'],
  [/^the cluster restarted and was too late$/, () => 'cụm loa khởi động lại khi đang phát và không kịp phát tiếp'],
  [/^no time was left to go on$/, () => 'không còn thời gian để phát tiếp'],
  [/^cut after (\S+): (.+)$/, (length, why) => `dừng sau ${lengthOf(length)}: ${cutOf(why)}`],
  [/^(\S+) was skipped$/, (length) => `bắt đầu muộn, bỏ qua ${lengthOf(length)}`],
  [/^the sound broke off$/, () => 'âm thanh bị gián đoạn khi đang phát'],
  [/^stopped by order$/, () => 'dừng theo lệnh'],
  [/^(?:this play was )?stopped before its order came$/, () => 'đã có lệnh dừng trước khi lệnh phát đến cụm loa'],
  [/^the order reached it too late$/, () => 'lệnh phát đến cụm loa quá muộn'],
  [/^this play has begun: stop it instead$/, () => 'đã bắt đầu phát, không đổi được nữa'],
  [/^this play is over$/, () => 'buổi phát đã kết thúc'],
  [/^only the level that ordered it or a higher one may stop it$/, () => 'chỉ cấp đã ra lệnh phát hoặc cấp trên được dừng'],
  [/^line (\d+), event (.+?): (.+)$/, (line, uid, what) => `dòng ${line}, sự kiện ${uid}: ${inWords(what, FILE_PROBLEMS)}`],
  [/^line (\d+): (.+)$/, (line, what) => `dòng ${line}: ${inWords(what, FILE_PROBLEMS)}`],
  ...FILE_PROBLEMS,
  ...REFUSALS,
];

// Why the box does not take a recording, a text, a stored sound, a template or a schedule, in Vietnamese:
// first what is wrong, then what to do.

import { decimal, grouped, megabytes } from './numbers';
import type { Sentence } from './sentences';

/** What somebody uploaded instead of a recording. */
const WHATS: Record<string, string> = {
  'a PDF document': 'tệp PDF',
  'a Word document or a ZIP archive': 'tệp Word hoặc tệp nén ZIP',
  'an old Word or Excel document': 'tệp Word hoặc Excel đời cũ',
  'a picture': 'tệp ảnh',
  'a RAR archive': 'tệp nén RAR',
  'a compressed archive': 'tệp nén',
  'a 7z archive': 'tệp nén 7z',
  'a MIDI file (notes without sound)': 'tệp MIDI (chỉ có nốt nhạc, không có âm thanh)',
  'a program': 'chương trình máy tính',
  'a text file': 'tệp văn bản',
  'a folder': 'thư mục',
  'a file of an unknown kind': 'tệp không rõ loại',
  'a file without sound': 'tệp không có âm thanh',
};
const whatOf = (what: string): string => WHATS[what] ?? what;

const CODECS: Record<string, string> = {
  "AMR (a phone's voice memo)": 'dạng AMR (ghi âm của điện thoại)',
  'WebM or Matroska': 'dạng WebM hoặc Matroska',
  'a playlist': 'danh sách phát',
  'AVI video': 'phim AVI',
  'this kind of recording': 'loại tệp ghi âm này',
  'HE-AAC (or AAC with more than two channels)': 'dạng HE-AAC (hoặc AAC nhiều hơn hai kênh)',
};
const codecOf = (codec: string): string => CODECS[codec] ?? `dạng ${codec}`;

const AGAIN = 'đề nghị sao chép hoặc xuất lại tệp';

const RECORDINGS: Sentence[] = [
  [/^the recording cannot be opened/, () => 'không mở được tệp ghi âm: đề nghị kiểm tra tên tệp và quyền đọc'],
  [/^the file is empty/, () => 'tệp rỗng: đề nghị ghi âm hoặc xuất lại'],
  [/^the file is (\d+) MB and at most (\d+) MB are taken/, (n, most) => `tệp nặng ${grouped(n)} MB, chỉ nhận tối đa ${grouped(most)} MB: đề nghị xuất dạng MP3`],
  [/^the recording is larger than (\d+) MB/, (most) => `tệp ghi âm lớn hơn ${grouped(most)} MB: đề nghị xuất dạng MP3 hoặc cắt thành nhiều phần`],
  [/^this is (.+), not a recording/, (what) => `đây là ${whatOf(what)}, không phải tệp ghi âm: đề nghị chọn tệp MP3, M4A, FLAC, Ogg hoặc WAV`],
  [/^(.+) is not read yet: export/, (codec) => `chưa đọc được ${codecOf(codec)}: đề nghị xuất dạng MP3, M4A (AAC), FLAC hoặc WAV`],
  [/^(.+) cannot be read on this machine: (.+); or export/, (codec, why) => `thiết bị chưa đọc được ${codecOf(codec)}: đề nghị xuất dạng MP3, hoặc báo kỹ thuật viên (${why})`],
  [/^a sample rate of (\d+) Hz is not usual/, (n) => `tần số lấy mẫu ${grouped(n)} Hz không thông dụng: đề nghị xuất ở 44.100 hoặc 48.000 Hz`],
  [/^the file claims (\d+) channels/, (n) => `tệp có ${grouped(n)} kênh, chỉ nhận tối đa 8 kênh: đề nghị xuất dạng stereo hoặc mono`],
  [/^the recording changes its format at (\S+):/, (at) => `tệp ghi âm đổi định dạng tại ${at}: đề nghị xuất lại thành một đoạn liền`],
  [/^the file ends at (\S+) but should last (\S+):/, (at, of) => `tệp dừng ở ${at}, lẽ ra dài ${of}, nên đã bị cắt cụt: ${AGAIN}`],
  [/^the file breaks off at (\S+):/, (at) => `tệp bị cắt cụt tại ${at}: ${AGAIN}`],
  [/^the file's index is missing/, () => `tệp thiếu phần mục lục, do bị cắt cụt khi lưu hoặc sao chép: ${AGAIN}`],
  [/^the file is damaged at (\S+):/, (at) => `tệp bị hỏng tại ${at}: ${AGAIN}`],
  [/^the recording is shorter than 1 second \((\d+) ms\)/, (n) => `tệp ghi âm ngắn hơn 1 giây (${n} mili giây): đề nghị chọn tệp dài hơn`],
  [/^the recording lasts more than an hour/, () => 'tệp ghi âm dài hơn một giờ, chỉ nhận tối đa một giờ: đề nghị cắt thành nhiều phần'],
  [/^the recording lasts (\S+) and at most (\S+) are taken/, (n, most) => `tệp ghi âm dài ${n}, chỉ nhận tối đa ${most}: đề nghị cắt thành nhiều phần`],
  [/^the recording is silent \((.+)\)/, () => 'tệp ghi âm không có tiếng: đề nghị kiểm tra micro hoặc cách xuất tệp'],
  [/^the recording has nothing above 300 Hz that a horn can play \((.+)\)/, (level) => `tệp ghi âm không có âm trên 300 Hz mà loa phóng thanh phát được (${decimal(level).replace('peak', 'đỉnh')}): đề nghị ghi lại, để micro gần hơn`],
  [/^the recording is clipped beyond repair \((\d+) %/, (n) => `tệp ghi âm bị vỡ tiếng không sửa được (${n} % mẫu âm lớn bị cắt): đề nghị ghi lại với mức thu nhỏ hơn`],
  [/^the box is still preparing other bulletins/, () => 'thiết bị đang xử lý bản tin khác: đề nghị thử lại sau một phút'],
  [/^the sound cannot be (?:encoded|kept on disk)/, () => 'thiết bị không lưu được âm thanh: đề nghị báo kỹ thuật viên'],
  [/^the box is stopping$/, () => 'thiết bị đang khởi động lại: đề nghị thử lại sau ít phút'],
  [/^the recording cannot be received: the box cannot write/, () => 'thiết bị không ghi được vào bộ nhớ: đề nghị báo kỹ thuật viên'],
  [/the disk of the box is full/, () => 'bộ nhớ của thiết bị đã đầy: đề nghị báo kỹ thuật viên giải phóng bớt'],
  [/^\S+: at most (\d+) bytes are taken$/, (n) => `nội dung nhập dài quá ${grouped(n)} byte: đề nghị rút ngắn`],
  [/too large|limit exceeded/i, () => 'tệp quá lớn'],
];

const SPEECH: Sentence[] = [
  [/^there is nothing to say/, () => 'không có gì để đọc: văn bản không có chữ nào'],
  [/^the text has (\d+) characters and at most (\d+) are taken/, (n, most) => `văn bản có ${grouped(n)} ký tự khi đọc thành chữ, chỉ nhận tối đa ${grouped(most)}: đề nghị chia thành nhiều bản tin`],
  [/^voice (".*") is not known/, (name) => `không có giọng đọc ${name}: chọn miền Bắc, miền Trung hoặc miền Nam`],
  [/^the program espeak-ng is missing/, () => 'thiết bị chưa cài bộ đọc espeak-ng: đề nghị báo kỹ thuật viên'],
  [/^espeak-ng did not finish a sentence within (\d+) s/, (n) => `bộ đọc không đọc xong một câu trong ${n} giây: đề nghị viết câu ngắn hơn rồi thử lại`],
  [/^(?:espeak-ng refused|the program espeak-ng cannot be run|the voice model cannot speak)/, () => 'bộ đọc văn bản gặp lỗi: đề nghị thử lại, hoặc báo kỹ thuật viên'],
];

const SHELF: Sentence[] = [
  [/^(".*") lasts (\d+) s and at most (\d+) s are taken for this use/, (title, n, most) => `${title} dài ${n} giây, loại này chỉ nhận tối đa ${most} giây: đề nghị cắt ngắn`],
  [/^the stored sounds would take (\d+) bytes on every cluster and (\d+)/, (n, most) => `các âm thanh lưu sẵn sẽ chiếm ${megabytes(n)} MB trên mỗi cụm loa, chỉ được dùng ${megabytes(most)} MB: đề nghị xóa bớt`],
  [/^there are (\d+) stored sounds already/, (n) => `đã có ${n} âm thanh lưu sẵn, cụm loa không nhận thêm: đề nghị xóa bớt`],
];

const TEMPLATES: Sentence[] = [
  [/^there are (\d+) templates, which is the most/, (n) => `đã có ${n} mẫu, là số nhiều nhất: đề nghị xóa mẫu không còn dùng`],
  [/^the template holds no words$/, () => 'mẫu không có chữ nào'],
  [/^the place that begins at (".*") has no end/, (near) => `chỗ cần điền ở ${near} chưa đóng ngoặc: ghi như {giờ}`],
  [/^there is a \} without a \{/, () => 'có dấu } mà không có dấu { ở trước: ghi chỗ cần điền như {giờ}'],
  [/^(".*") does not name a place: use 1 to (\d+)/, (name, n) => `${name} không phải tên chỗ cần điền: từ 1 đến ${n} ký tự trên một dòng`],
  [/^the template has more than (\d+) places$/, (n) => `mẫu có nhiều hơn ${n} chỗ cần điền`],
  [/^give a value for: (.+); the text has no place for: (.+)$/, (missing, unknown) => `chưa điền: ${missing}; mẫu không có chỗ: ${unknown}`],
  [/^give a value for: (.+)$/, (missing) => `chưa điền: ${missing}`],
  [/^the text has no place for: (.+)$/, (unknown) => `mẫu không có chỗ: ${unknown}`],
];

const BULLETINS: Sentence[] = [
  [/^the title has (\d+) characters/, (n) => `tiêu đề có ${n} ký tự: cần từ 1 đến 200 ký tự`],
  [/^no cluster is named/, () => 'chưa chọn nơi phát: chọn cụm loa, địa bàn hoặc tất cả'],
  [/^(".*") is not a cluster of this ward$/, (id) => `${id} không phải là cụm loa của phường`],
  [/^there is no layer (".*"): the calendar lists/, (name) => `không có nhóm ngày ${name}: xem các nhóm hiện có ở trang Lịch phát`],
  [/^(\S+) is not in the ward's table of places/, (code) => `${code} không có trong bảng địa bàn: đề nghị nhập bảng hoặc chọn nơi khác`],
  [/^its sound was not used for long/, () => 'âm thanh của bản tin đã bị xóa vì lâu không dùng: đề nghị soạn lại thành bản tin mới'],
  [/^the bulletin expires at (.+), which is not in the future$/, (at) => `hạn phát ${at} đã qua: đề nghị chọn thời điểm sau`],
  [/^a cluster cannot begin (\d+) s late: the sound is over after (\d+) s/, (late, length) => `cụm loa không thể bắt đầu muộn ${grouped(late)} giây vì bản tin chỉ dài ${grouped(length)} giây: đề nghị chọn ngắn hơn`],
  [/^a rejection needs a reason/, () => 'trả lại bản tin cần có lý do: ghi điều người biên tập phải sửa'],
];

const RULES: Sentence[] = [
  [/^DTSTART is before the year 2000/, () => 'ngày bắt đầu trước năm 2000: đề nghị chọn ngày gần hơn'],
  [/^the rule takes more than \d+ steps/, () => 'lịch lặp có quá nhiều lần trước ngày cần tính: đề nghị chọn ngày bắt đầu muộn hơn'],
  [/^the rule would start up to (\d+) plays a day, more than the (\d+) allowed$/, (n, most) => `lịch lặp có đến ${grouped(n)} buổi mỗi ngày, nhiều hơn ${most}`],
  [/^the rule (?:has no DTSTART|does not read as RFC 5545|is longer than)|^the rule lists more than|^(?:DTSTART|RDATE|EXDATE) needs a time of day/, () => 'lịch lặp không hợp lệ: đề nghị chọn lại thời điểm và cách lặp'],
  [/^on that day the clocks of (\S+) skip/, (zone) => `ngày đó đồng hồ của múi giờ ${zone} được chỉnh lại: đề nghị bắt đầu sớm hơn một ngày`],
];

export const REFUSALS: Sentence[] = [...RECORDINGS, ...SPEECH, ...SHELF, ...TEMPLATES, ...BULLETINS, ...RULES];

// What is wrong with a table of places, in Vietnamese. The words to write into a cell stay as they are.

import { grouped } from './numbers';
import type { Sentence } from './sentences';

const KINDS: Record<string, string> = {
  city: 'tỉnh, thành phố',
  area: 'khu vực',
  ward: 'phường, xã',
  zone: 'khu phố, tổ',
  cluster: 'cụm loa',
};
const kindOf = (kind: string): string => KINDS[kind] ?? kind;

export const TABLE: Sentence[] = [
  [/^(\S+) is not in the table$/, (code) => `${code} không có trong bảng`],
  [/^(\S+) does not hold on (\S+): end this row/, (code, day) => `${code} không còn hiệu lực từ ${day}: kết thúc dòng này vào ngày đó rồi thêm dòng mới thuộc địa bàn mới`],
  [/^(\S+) does not hold on (\S+), when/, (code, day) => `${code} chưa có hiệu lực vào ${day}, ngày phải tiếp nhận`],
  [/^(\S+) holds twice from (\S+) on: line (\d+)/, (code, day, line) => `${code} bị trùng thời gian từ ${day} với dòng ${line}: kết thúc dòng cũ vào ngày đó`],
  [/^(\S+) is an? (\S+), which holds no (\S+)$/, (code, upper, lower) => `${code} là ${kindOf(upper)}, không chứa được ${kindOf(lower)}`],
  [/^(\S+) is an? (\S+), not an? (\S+)$/, (code, kind, wanted) => `${code} là ${kindOf(kind)}, không phải ${kindOf(wanted)}`],
  [/^goes in a circle, or too deep: (.+)$/, (way) => `thuộc về nhau theo vòng tròn hoặc quá nhiều cấp: ${way.replaceAll(' in ', ' thuộc ')}`],
  [/^("[^"]*") is not a kind of place/, (word) => `không có loại địa bàn ${word}: ghi city, area, ward, zone hoặc cluster`],
  [/^("[^"]*") is not a code: .*with spaces between/, (word) => `mã ${word} không hợp lệ: từ 1 đến 23 ký tự a-z, 0-9 và dấu -; nhiều mã thì cách nhau bằng dấu cách`],
  [/^("[^"]*") is not a code: /, (word) => `mã ${word} không hợp lệ: từ 1 đến 23 ký tự a-z, 0-9 và dấu -`],
  [/^("[^"]*") looks like the official code/, (code) => `${code} trùng dạng mã chính thức của tỉnh, xã: đề nghị thêm một chữ cái`],
  [/^("[^"]*") is not the code of a (\S+), which has (\d) digits/, (code, kind, n) => `${code} không phải mã ${kindOf(kind)}: cần ${n} chữ số (bảng tính hay bỏ số 0 ở đầu, đề nghị định dạng cột là văn bản)`],
  [/^is not after valid_from, (\S+)$/, (day) => `không sau ngày bắt đầu, ${day}`],
  [/ is not a day: write 2025/, () => 'ngày không hợp lệ: ghi 2025-07-01 hoặc 01/07/2025'],
  [/^is empty: give the day/, () => 'bỏ trống: ghi ngày bắt đầu có hiệu lực'],
  [/^take over when a place ends: give valid_to$/, () => 'có địa bàn thay thế thì phải ghi ngày hết hiệu lực'],
  [/^("[^"]*") is not a number of people/, (text) => `${text} không phải là số dân: chỉ ghi các chữ số`],
  [/^has (\d+) characters: give it 1 to (\d+), no space around$/, (n, most) => `có ${n} ký tự: cần từ 1 đến ${most} ký tự, không có dấu cách ở đầu và cuối`],
  [/^begins as a spreadsheet's formula does/, () => 'bắt đầu bằng ký tự của công thức bảng tính, hoặc có ngắt dòng'],
  [/^has (\d+) cells, and there are (\d+) headings$/, (n, of) => `có ${n} ô nhưng dòng tiêu đề chỉ có ${of} cột`],
  [/^(".*") is no heading/, (word) => `không có cột tên ${word}: dùng mã, loại, tên, thuộc, từ ngày, đến ngày, dân số, thay bằng`],
  [/^the heading (".*") is there twice$/, (word) => `cột ${word} có hai lần`],
  [/^the heading "(.*)" is missing/, (word) => `thiếu cột ${word}: dòng đầu tiên ghi tên các cột`],
  [/^a table has at most (\d+) lines$/, (n) => `bảng có nhiều nhất ${grouped(n)} dòng`],
  [/^the file has (\d+) bytes, more than (\d+)$/, (n, most) => `tệp có ${grouped(n)} byte, nhiều hơn ${grouped(most)}`],
  [/^is not UTF-8/, () => 'không phải UTF-8: đề nghị lưu tệp dạng “CSV UTF-8”'],
];

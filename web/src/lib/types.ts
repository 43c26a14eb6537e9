// The JSON of /api/v1, as docs/api.json describes it. Times are RFC 3339 in UTC.

export type Role = 'author' | 'approver' | 'security' | 'technician' | 'admin';
export const ROLES: readonly Role[] = ['author', 'approver', 'security', 'technician', 'admin'];

export interface Me {
  user: string;
  roles: Role[];
  csrf: string;
  device: string;
  site: string;
  timezone: string;
  version: string;
}

export interface User {
  user: string;
  roles: Role[];
  created_at: string;
}

export interface Camera {
  id: string;
  name: string;
  state: string;
  since: string;
  /** Why it is offline: a word, and the box's own sentence. */
  reason: string | null;
  detail: string | null;
  /** What it is for, in the ward's words; empty where nobody said. */
  purpose: string;
  /** Whether parts of its picture are painted over. */
  has_masks: boolean;
  /** Pictures a second that come, that are judged, and that are not. */
  fps: number | null;
  analysed_fps: number | null;
  dropped_fps: number | null;
  /** Since the start of the box. */
  blind_ms: number;
  complaints: { kind: string; since: string }[];
  picture_at: string | null;
  proof: Proof;
}

/** Whether an alarm of a camera would be heard: its test alarms, to the centre and back. */
export interface Proof {
  state: 'off' | 'open' | 'proven' | 'unseen' | 'unheard' | 'overdue';
  /** Of the newest, whose state it is. */
  asked_at: string | null;
  /** Of the one that came back last, which may be an older one. */
  raised_at: string | null;
  proven_at: string | null;
  /** Null: none is asked for. */
  every_ms: number | null;
}

export type Severity = 'info' | 'warning' | 'critical';

export interface Alert {
  id: string;
  camera: string;
  camera_name: string;
  zone: string;
  zone_name: string;
  rule: string;
  label: string;
  score: number;
  n_objects: number;
  severity: Severity;
  began_at: string | null;
  at: string;
  /** Null while it goes on. */
  cleared_at: string | null;
  clear_reason: string | null;
  has_picture: boolean;
  /** A clip that is still being cut has neither this nor the reason why there is none. */
  has_clip: boolean;
  clip_missing: string | null;
  clip_ms: number | null;
  acknowledged_by: string | null;
  acknowledged_at: string | null;
  held: { by: string; at: string; reason: string } | null;
}

export const KINDS = ['enter', 'leave', 'line', 'loiter', 'crowd', 'stopped_vehicle', 'wrong_way'] as const;
export type Kind = (typeof KINDS)[number];

/** In parts of the picture, from its top left corner. */
export type Point = [number, number];

/** With the keys of `[[camera.rule]]`. */
export interface Rule {
  id: string;
  name: string;
  kind: Kind;
  area?: Point[];
  line?: Point[];
  /** A side of the line, an angle, or an arrow. */
  direction?: string | number | [Point, Point];
  labels: string[];
  /** Such as `60s`. */
  dwell?: string;
  at_least?: number;
  active?: string[];
  quiet?: string[];
  cooldown: string;
  severity: Severity;
}

export interface Rules {
  rules: Rule[];
  source: 'file' | 'console';
  revision: number;
  edited_by: string | null;
  edited_at: string | null;
  /** What the model knows. */
  labels: string[];
}

export interface View {
  id: number;
  at: string;
  user: string;
  camera: string;
  camera_name: string;
  alert: string | null;
  what: string;
  reason: string;
}

export interface Cluster {
  id: string;
  name: string;
  n_horns: number;
  state: string;
  since: string | null;
  clock_trusted: boolean | null;
}

export interface Receipt {
  cluster: string;
  cluster_name: string;
  state: string;
  started_at: string | null;
  start_error_ms: number | null;
}

export interface Play {
  bulletin_id: string;
  occurrence: string;
  title: string;
  priority: Priority;
  start_at: string;
  duration_ms: number;
  state: string;
  /** Why it was held back, withdrawn or missed. */
  reason: string | null;
  skew_ms: number | null;
  receipts: Receipt[];
}

export interface Plays {
  next: Play[];
  last: Play[];
}

export type Priority = 'normal' | 'priority' | 'emergency';

export interface Word {
  by: string;
  at: string;
  reason?: string;
  /** Of an approval: the calendar entry that they saw, by its `sha256`. */
  schedule?: string;
}

/** What becomes of a play that something more urgent interrupts. */
export type Resume = 'resume' | 'restart' | 'skip' | 'duck';

export interface Bulletin {
  id: string;
  title: string;
  state: string;
  priority: Priority;
  all_clusters: boolean;
  targets: string[];
  /** Codes: their clusters are asked for on the day of each play. */
  places: string[];
  author: string;
  created_at: string;
  approval: Word | null;
  /** The oldest first. */
  approvals: Word[];
  approved_until: string | null;
  /** One more person must approve it before it plays. */
  second_missing: { code: string; at: string } | null;
  rejection: Word | null;
  schedule: { sha256: string; approvers: number; by?: string; at?: string; rrule?: string } | null;
  /** What the schedule does on days of layers, by their names. */
  days: Record<string, Effect>;
  expires_at: string | null;
  resume: Resume;
  catch_up_ms: number;
  content: { sha256: string; duration_ms: number };
  file_name: string | null;
  text: string | null;
  normalised: string | null;
  unknown_words: string[];
  same_as: { id: string; title: string; how: string } | null;
}

/** The answer to a schedule: its first starts. */
export interface Scheduled {
  bulletin: Bulletin;
  /** With why it will not play; null when it will. */
  next: { at: string; why: string | null }[];
}

/** A text with places to fill in, such as `{giờ}`. */
export interface Template {
  id: string;
  name: string;
  text: string;
  voice: string;
  places: string[];
  edited_by: string;
  edited_at: string;
}

export interface StoredSound {
  id: string;
  kind: 'alarm' | 'chime';
  title: string;
  sha256: string;
  duration_ms: number;
  put_by: string;
  put_at: string;
  approved_by: string | null;
  approved_at: string | null;
}

export type Effect = 'not' | 'only' | 'earlier' | 'later';
export const EFFECTS: readonly Effect[] = ['not', 'only', 'earlier', 'later'];

/** A start of the calendar, or a play that was. */
export interface CalendarEntry {
  bulletin_id: string;
  title: string;
  /** What the schedule gave; another than `at` if a day rule moved the play. */
  occurrence: string;
  at: string;
  ends_at: string;
  priority: Priority;
  plays: boolean;
  /** Of one that is still to come and will not play. */
  reason: string | null;
  /** The same as the box's own sentence; also why one that is over did not play. */
  why: string | null;
  causes: { cause: string; why: string }[];
  /** As of a play; null while the box has not decided on it. */
  state: string | null;
}

export interface Calendar {
  from: string;
  to: string;
  entries: CalendarEntry[];
  days: { day: string; layer: string; label: string }[];
}

export interface Layer {
  name: string;
  origin: 'computed' | 'listed' | 'imported';
  n_days: number;
  first: string | null;
  last: string | null;
  used_by: string[];
  edited_by: string | null;
  edited_at: string | null;
}

export interface PlayNumbers {
  /** The sum of all below but the withdrawn. */
  requested: number;
  played: number;
  partial: number;
  missed: number;
  stopped: number;
  held_back: number;
  open: number;
  withdrawn: number;
  played_percent: number | null;
}

export interface PlayReport {
  rows: ({ period: string; code: string; name: string } & PlayNumbers)[];
  total: PlayNumbers;
  reasons: { outcome: string; reason: string; n: number }[];
  for_nobody: number;
}

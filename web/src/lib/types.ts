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
  fps: number | null;
  picture_at: string | null;
}

export type Severity = 'info' | 'warning' | 'critical';

export interface Alert {
  id: string;
  camera: string;
  camera_name: string;
  zone: string;
  zone_name: string;
  label: string;
  score: number;
  severity: Severity;
  at: string;
  has_picture: boolean;
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
}

export interface Bulletin {
  id: string;
  title: string;
  state: string;
  priority: Priority;
  all_clusters: boolean;
  targets: string[];
  author: string;
  created_at: string;
  approval: Word | null;
  rejection: Word | null;
  schedule: { at?: string; rrule?: string } | null;
  content: { sha256: string; duration_ms: number };
  file_name: string | null;
  text: string | null;
  normalised: string | null;
}

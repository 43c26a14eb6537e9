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
  reason: string | null;
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
}

export interface Cluster {
  id: string;
  name: string;
  n_horns: number;
  state: string;
  since: string | null;
  clock_error_ms: number | null;
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
  duration_ms: number | null;
  state: string;
  held_back: string | null;
  skew_ms: number | null;
  receipts: Receipt[];
}

export interface Plays {
  next: Play[];
  last: Play[];
}

export type Priority = 'normal' | 'priority' | 'emergency';

export interface Bulletin {
  id: string;
  title: string;
  state: string;
  priority: Priority;
  targets: string[];
  author: string;
  approver: string | null;
  duration_ms: number | null;
  text: string | null;
  reason: string | null;
  schedule: string | null;
  created_at: string;
}

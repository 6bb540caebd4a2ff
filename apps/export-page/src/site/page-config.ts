/** What the origin tells the page before anybody is signed in. */
export interface PageConfig {
  readonly auth_mode: 'dev' | 'oidc';
  readonly sign_in_path: string;
  readonly sign_out_path: string;
  /** Whom one can be in development; empty elsewhere. */
  readonly dev_sign_ins: readonly string[];
  readonly site_name: string;
  readonly shows_file_names: boolean;
  /** Whether marked resources are queued by themselves, and after how many seconds. */
  readonly auto_queue: boolean;
  readonly reversibility_window_seconds: number;
  readonly k_anonymity_min: number;
  readonly version: string;
}

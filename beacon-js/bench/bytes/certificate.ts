// A certificate for every host of the bench: browsers tell less to pages without TLS.

import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  key: string;
  cert: string;
  /** By which Chromium is told to trust it (`--ignore-certificate-errors-spki-list`). */
  fingerprint: string;
}

/** Makes one with openssl, of this run only. */
export const makeCertificate = (): Certificate => {
  const folder = mkdtempSync(join(tmpdir(), 'beacon-bench-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const what = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=shop.example'.split(
    ' ',
  );
  try {
    execFileSync('openssl', ['req', ...what, '-keyout', keyFile, '-out', certFile], { stdio: 'pipe' });
    const [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')];
    const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
    return { key, cert, fingerprint: createHash('sha256').update(publicKey).digest('base64') };
  } catch (error) {
    throw new Error('openssl made no certificate: install Debian\'s package "openssl"', { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

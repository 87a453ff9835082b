// The frame of the pages outside: sign-in and first setup.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

export function Door({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <main className="signin">
      <div>
        <div className="brand" style={{ justifyContent: 'center', fontSize: '1.3rem', marginBottom: 22 }}>
          <img src="/favicon.svg" width={36} height={36} alt="" />
          Busbar
        </div>
        <div className="card" style={{ padding: 28, boxShadow: '0 12px 40px light-dark(#0b2a2014, #0006)' }}>
          <h1 style={{ margin: '0 0 4px', fontSize: '1.3rem', letterSpacing: '-0.02em' }}>{title}</h1>
          <p className="quiet" style={{ margin: '0 0 20px', fontSize: '0.9rem' }}>
            {text}
          </p>
          {children}
        </div>
        {window.location.protocol === 'http:' && !/^(localhost|127\.|\[::1)/.test(window.location.host) && (
          <p className="quiet" style={{ fontSize: '0.78rem', textAlign: 'center', marginTop: 16 }}>
            {t('sign_in.plain_http')}
          </p>
        )}
      </div>
    </main>
  );
}

import { cookies } from 'next/headers';
import { NextRequest, NextResponse } from 'next/server';
import { createSession, exchangeCode } from '@/lib/auth';
import { equalSecrets } from '@/lib/compare';

const BASE = new URL(process.env.PUBLIC_URL ?? 'https://app.example.com');

function destination(next: string | null): URL {
  const home = new URL('/', BASE);
  if (next === null) {
    return home;
  }
  try {
    const wanted = new URL(next, BASE);
    return wanted.origin === BASE.origin ? wanted : home;
  } catch {
    return home;
  }
}

export async function GET(request: NextRequest): Promise<NextResponse> {
  const params = request.nextUrl.searchParams;
  const jar = await cookies();
  const state = jar.get('__Host-oauth-state')?.value;
  const code = params.get('code');
  if (!code || !state || !equalSecrets(state, params.get('state') ?? '')) {
    return NextResponse.redirect(new URL('/login?failed=1', BASE));
  }

  const user = await exchangeCode(code);
  const session = await createSession(user.id);
  jar.delete('__Host-oauth-state');
  jar.set('__Host-session', session.id, {
    httpOnly: true,
    secure: true,
    sameSite: 'lax',
    path: '/',
    expires: session.expires,
  });
  return NextResponse.redirect(destination(jar.get('after-login')?.value ?? null));
}

import { cookies } from 'next/headers';
import { NextRequest, NextResponse } from 'next/server';
import { createSession, exchangeCode } from '@/lib/auth';

const SESSION_COOKIE = '__Host-session';

function destination(request: NextRequest): URL {
  const next = request.nextUrl.searchParams.get('next') ?? '/';
  if (!next.startsWith('/')) {
    return new URL('/', request.nextUrl.origin);
  }
  return new URL(next, request.nextUrl.origin);
}

export async function GET(request: NextRequest): Promise<NextResponse> {
  const code = request.nextUrl.searchParams.get('code');
  const state = request.nextUrl.searchParams.get('state');
  const jar = await cookies();
  if (!code || !state || state !== jar.get('oauth_state')?.value) {
    return NextResponse.redirect(new URL('/login?failed=1', request.nextUrl.origin));
  }

  const user = await exchangeCode(code);
  const session = await createSession(user.id);
  jar.delete('oauth_state');
  jar.set(SESSION_COOKIE, session.id, {
    httpOnly: true,
    secure: true,
    sameSite: 'lax',
    path: '/',
    expires: session.expires,
  });
  return NextResponse.redirect(destination(request));
}

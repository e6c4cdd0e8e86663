import { NextRequest, NextResponse } from 'next/server';

const LOCALES = ['en', 'de', 'fr', 'it'];
const DEFAULT_LOCALE = 'en';

function pickLocale(req: NextRequest): string {
  const wanted = req.nextUrl.searchParams.get('lang') ?? req.cookies.get('lang')?.value;
  if (wanted && LOCALES.includes(wanted)) {
    return wanted;
  }
  const header = req.headers.get('accept-language') ?? '';
  const match = header
    .split(',')
    .map((part) => part.split(';')[0].trim().slice(0, 2).toLowerCase())
    .find((tag) => LOCALES.includes(tag));
  return match ?? DEFAULT_LOCALE;
}

function isLocal(target: string): boolean {
  return target.startsWith('/');
}

function nextTarget(req: NextRequest): string {
  const target = req.nextUrl.searchParams.get('next') ?? '/';
  return isLocal(target) ? target : '/';
}

export function middleware(req: NextRequest): NextResponse {
  const locale = pickLocale(req);

  if (req.nextUrl.pathname === '/set-language') {
    const destination = new URL(nextTarget(req), req.url);
    const res = NextResponse.redirect(destination, 303);
    res.cookies.set('lang', locale, { httpOnly: true, secure: true, sameSite: 'lax', path: '/' });
    return res;
  }

  const hasLocale = LOCALES.some((l) => req.nextUrl.pathname === `/${l}` || req.nextUrl.pathname.startsWith(`/${l}/`));
  if (hasLocale) {
    return NextResponse.next();
  }
  const url = req.nextUrl.clone();
  url.pathname = `/${locale}${req.nextUrl.pathname}`;
  return NextResponse.rewrite(url);
}

export const config = {
  matcher: ['/((?!_next|api|favicon.ico).*)'],
};

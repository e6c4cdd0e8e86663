import { NextRequest, NextResponse } from 'next/server';

const HOSTS: ReadonlySet<string> = new Set(['images.example.com', 'cdn.partner.example']);
const TYPES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp']);
const MAX_BYTES = 4 * 1024 * 1024;

function parseSource(value: string | null): URL | null {
  if (value === null || value.length > 1000) {
    return null;
  }
  try {
    const url = new URL(value);
    const plain = url.username === '' && url.password === '' && url.port === '';
    return url.protocol === 'https:' && plain && HOSTS.has(url.hostname) ? url : null;
  } catch {
    return null;
  }
}

export async function GET(request: NextRequest): Promise<NextResponse> {
  const source = parseSource(request.nextUrl.searchParams.get('src'));
  if (source === null) {
    return NextResponse.json({ error: 'source is not known' }, { status: 400 });
  }
  const upstream = await fetch(source, { redirect: 'error', signal: AbortSignal.timeout(8000) });
  const type = upstream.headers.get('content-type') ?? '';
  const length = Number(upstream.headers.get('content-length') ?? Infinity);
  if (!upstream.ok || !TYPES.has(type) || !(length <= MAX_BYTES)) {
    return NextResponse.json({ error: 'upstream failed' }, { status: 502 });
  }
  return new NextResponse(upstream.body, {
    headers: {
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=3600',
    },
  });
}

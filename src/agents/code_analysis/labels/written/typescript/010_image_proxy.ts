import { NextRequest, NextResponse } from 'next/server';

const EXTENSIONS = ['.png', '.jpg', '.jpeg', '.webp', '.svg'];
const MAX_BYTES = 4 * 1024 * 1024;

function looksLikeImage(address: string): boolean {
  const lower = address.toLowerCase();
  return EXTENSIONS.some((extension) => lower.endsWith(extension));
}

async function download(address: string): Promise<Response> {
  return fetch(address, {
    headers: { accept: 'image/*' },
    signal: AbortSignal.timeout(8000),
  });
}

export async function GET(request: NextRequest): Promise<NextResponse> {
  const address = request.nextUrl.searchParams.get('url');
  if (!address || !looksLikeImage(address)) {
    return NextResponse.json({ error: 'an image address is needed' }, { status: 400 });
  }

  const upstream = await download(address);
  const length = Number(upstream.headers.get('content-length') ?? 0);
  if (!upstream.ok || length > MAX_BYTES) {
    return NextResponse.json({ error: 'upstream failed' }, { status: 502 });
  }
  return new NextResponse(upstream.body, {
    headers: {
      'content-type': upstream.headers.get('content-type') ?? 'application/octet-stream',
      'cache-control': 'public, max-age=3600',
    },
  });
}

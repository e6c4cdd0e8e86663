package com.acme.embedded.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

public class C062TinyHttpServer {

    private static final Logger LOG = Logger.getLogger(C062TinyHttpServer.class.getName());

    private final ServerSocket socket;

    public C062TinyHttpServer(int port) throws IOException {
        socket = new ServerSocket(port, 20, InetAddress.getByName("0.0.0.0"));
    }

    public void serve() {
        while (!socket.isClosed()) {
            try (Socket client = socket.accept()) {
                client.setSoTimeout(3000);
                handle(client);
            } catch (IOException e) {
                LOG.log(Level.FINE, "connection failed", e);
            }
        }
    }

    private void handle(Socket client) throws IOException {
        BufferedReader in = new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
        String requestLine = in.readLine();
        if (requestLine == null || !requestLine.startsWith("GET ")) {
            return;
        }
        Map<String, String> query = query(requestLine.split(" ")[1]);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "text/plain; charset=utf-8");
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("Content-Language", query.getOrDefault("lang", "en"));
        write(client.getOutputStream(), headers, "temperature=21.5\n");
    }

    private static Map<String, String> query(String target) throws IOException {
        Map<String, String> result = new HashMap<>();
        int q = target.indexOf('?');
        if (q >= 0) {
            for (String pair : target.substring(q + 1).split("&")) {
                String[] kv = pair.split("=", 2);
                result.put(kv[0], kv.length == 2 ? URLDecoder.decode(kv[1], "UTF-8") : "");
            }
        }
        return result;
    }

    private static void write(OutputStream out, Map<String, String> headers, String body) throws IOException {
        StringBuilder head = new StringBuilder("HTTP/1.1 200 OK\r\n");
        headers.forEach((k, v) -> head.append(k).append(": ").append(v).append("\r\n"));
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        head.append("Content-Length: ").append(content.length).append("\r\nConnection: close\r\n\r\n");
        out.write(head.toString().getBytes(StandardCharsets.UTF_8));
        out.write(content);
        out.flush();
    }
}

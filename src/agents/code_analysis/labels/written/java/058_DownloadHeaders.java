package com.acme.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

class DownloadHeaders implements Runnable {

    private final Socket socket;
    private final String query;
    private final Path report;

    DownloadHeaders(Socket socket, String query, Path report) {
        this.socket = socket;
        this.query = query;
        this.report = report;
    }

    private String fileName() {
        for (String pair : query.split("&")) {
            if (pair.startsWith("as=")) {
                return URLDecoder.decode(pair.substring(3), StandardCharsets.UTF_8);
            }
        }
        return "report.csv";
    }

    @Override
    public void run() {
        try (OutputStream out = socket.getOutputStream()) {
            byte[] body = Files.readAllBytes(report);
            String head = "HTTP/1.1 200 OK\r\n"
                    + "Content-Type: text/csv\r\n"
                    + "Content-Length: " + body.length + "\r\n"
                    + "Content-Disposition: attachment; filename=" + fileName() + "\r\n\r\n";
            out.write(head.getBytes(StandardCharsets.ISO_8859_1));
            out.write(body);
        } catch (IOException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package com.acme.social.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.URL;
import javax.servlet.annotation.WebServlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@WebServlet("/avatar/remote")
public class C049AvatarFetchServlet extends HttpServlet {

    private static final Logger LOG = LoggerFactory.getLogger(C049AvatarFetchServlet.class);
    private static final int MAX_BYTES = 512 * 1024;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String src = request.getParameter("src");
        if (src == null || src.isEmpty()) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST);
            return;
        }
        HttpURLConnection connection = null;
        try {
            connection = open(src);
            if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
                response.sendError(HttpServletResponse.SC_NOT_FOUND);
                return;
            }
            response.setContentType("image/png");
            response.setHeader("X-Content-Type-Options", "nosniff");
            copy(connection.getInputStream(), response.getOutputStream());
        } catch (MalformedURLException e) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST);
        } catch (IOException e) {
            LOG.warn("remote avatar could not be loaded", e);
            response.sendError(HttpServletResponse.SC_BAD_GATEWAY);
        } finally {
            if (connection != null) {
                connection.disconnect();
            }
        }
    }

    private static HttpURLConnection open(String src) throws IOException {
        URL url = new URL(src.contains("://") ? src : "http://" + src);
        HttpURLConnection connection = (HttpURLConnection) url.openConnection();
        connection.setConnectTimeout(2000);
        connection.setReadTimeout(4000);
        connection.setRequestProperty("Accept", "image/*");
        return connection;
    }

    private static void copy(InputStream in, OutputStream out) throws IOException {
        byte[] buffer = new byte[4096];
        int total = 0;
        for (int n = in.read(buffer); n > 0 && total < MAX_BYTES; n = in.read(buffer)) {
            out.write(buffer, 0, n);
            total += n;
        }
    }
}

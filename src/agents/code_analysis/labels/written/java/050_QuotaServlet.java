package com.acme.quota;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

public class QuotaServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private final Map<String, Integer> remaining = new HashMap<>();
    private String user;
    private int wanted;

    private boolean take() {
        int left = remaining.getOrDefault(user, 100);
        if (left < wanted) {
            return false;
        }
        remaining.put(user, left - wanted);
        return true;
    }

    @Override
    protected void doPost(HttpServletRequest req, HttpServletResponse resp) throws IOException {
        user = req.getRemoteUser();
        wanted = Math.max(1, Integer.parseInt(req.getParameter("count")));
        if (!take()) {
            resp.sendError(429);
            return;
        }
        resp.setContentType("text/plain");
        resp.getWriter().printf("%s has %d left", user, remaining.get(user));
    }
}

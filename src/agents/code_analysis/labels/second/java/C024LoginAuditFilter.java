package com.acme.portal.audit;

import java.io.IOException;
import java.util.logging.FileHandler;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.servlet.Filter;
import javax.servlet.FilterChain;
import javax.servlet.FilterConfig;
import javax.servlet.ServletException;
import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

public class C024LoginAuditFilter implements Filter {

    private static final Logger AUDIT = Logger.getLogger("audit.login");

    @Override
    public void init(FilterConfig config) throws ServletException {
        try {
            FileHandler handler = new FileHandler(config.getInitParameter("file"), 5_000_000, 10, true);
            handler.setFormatter(new Formatter() {
                @Override
                public String format(LogRecord record) {
                    return record.getMillis() + " " + record.getLevel() + " " + record.getMessage() + "\n";
                }
            });
            AUDIT.addHandler(handler);
            AUDIT.setUseParentHandlers(false);
        } catch (IOException e) {
            throw new ServletException("audit log cannot be opened", e);
        }
    }

    @Override
    public void doFilter(ServletRequest req, ServletResponse res, FilterChain chain)
            throws IOException, ServletException {
        HttpServletRequest request = (HttpServletRequest) req;
        HttpServletResponse response = (HttpServletResponse) res;
        chain.doFilter(request, response);
        if ("POST".equals(request.getMethod()) && request.getServletPath().equals("/login")) {
            boolean success = response.getStatus() < 400;
            String user = request.getParameter("username");
            String line = describe(user, clientOf(request), success);
            AUDIT.info(line);
        }
    }

    private static String clientOf(HttpServletRequest request) {
        String forwarded = request.getHeader("X-Forwarded-For");
        return forwarded != null ? forwarded : request.getRemoteAddr();
    }

    private static String describe(String user, String client, boolean success) {
        return String.format("login %s user=%s client=%s", success ? "ok" : "failed", user, client);
    }

    @Override
    public void destroy() {
        for (java.util.logging.Handler handler : AUDIT.getHandlers()) {
            handler.close();
        }
    }
}

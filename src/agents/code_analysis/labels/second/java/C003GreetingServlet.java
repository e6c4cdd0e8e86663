package com.acme.guestbook;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import javax.servlet.ServletException;
import javax.servlet.annotation.WebServlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.commons.text.StringEscapeUtils;

@WebServlet(name = "guestbook", urlPatterns = {"/guestbook", "/guestbook/*"})
public class C003GreetingServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final int MAX_ENTRIES = 50;

    private final Deque<String> entries = new ConcurrentLinkedDeque<>();

    @Override
    protected void doGet(HttpServletRequest req, HttpServletResponse resp) throws ServletException, IOException {
        resp.setContentType("text/html;charset=UTF-8");
        PrintWriter out = resp.getWriter();
        header(out, req);
        out.println("<ul>");
        for (String entry : entries) {
            out.println("<li>" + StringEscapeUtils.escapeHtml4(entry) + "</li>");
        }
        out.println("</ul></body></html>");
    }

    @Override
    protected void doPost(HttpServletRequest req, HttpServletResponse resp) throws ServletException, IOException {
        String text = req.getParameter("text");
        if (text != null && !text.isEmpty() && text.length() <= 500) {
            entries.addFirst(text);
            while (entries.size() > MAX_ENTRIES) {
                entries.pollLast();
            }
        }
        resp.sendRedirect(req.getContextPath() + "/guestbook");
    }

    private void header(PrintWriter out, HttpServletRequest req) {
        String visitor = req.getParameter("visitor");
        out.println("<!DOCTYPE html><html><head><title>Guest book</title></head><body>");
        if (visitor != null) {
            String greeting = "Welcome back, " + visitor.trim() + "!";
            out.println("<p class=\"greeting\">" + greeting + "</p>");
        } else {
            out.println("<p class=\"greeting\">Welcome!</p>");
        }
    }
}

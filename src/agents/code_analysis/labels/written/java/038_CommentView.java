package com.acme.comments;

import java.io.IOException;
import java.io.PrintWriter;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.springframework.web.util.HtmlUtils;

public class CommentView extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private final transient CommentStore store;

    public CommentView(CommentStore store) {
        this.store = store;
    }

    @Override
    protected void doGet(HttpServletRequest req, HttpServletResponse resp) throws IOException {
        resp.setContentType("text/html;charset=UTF-8");
        resp.setHeader("Content-Security-Policy", "default-src 'self'");
        String topic = req.getParameter("topic");
        PrintWriter out = resp.getWriter();
        out.println("<!doctype html><html><body>");
        out.printf("<h1>%s</h1>%n", HtmlUtils.htmlEscape(topic == null ? "all" : topic));
        out.println("<ul>");
        for (Comment c : store.latest(topic, 50)) {
            out.printf("<li><b>%s</b>: %s</li>%n",
                    HtmlUtils.htmlEscape(c.author()), HtmlUtils.htmlEscape(c.text()));
        }
        out.println("</ul></body></html>");
    }
}
